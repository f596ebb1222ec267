import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';

const TIMEOUT_MS = 300_000;

export interface ExecOptions {
  readonly stdin?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** Runs a command to its end; what it wrote to stdout. Rejects unless it exits with 0. */
export async function exec(
  command: string,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<string> {
  const child = spawn(command, args, {
    stdio: 'pipe',
    timeout: options.timeoutMs ?? TIMEOUT_MS,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...options.env },
  });
  // A command that ends without reading everything is judged by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  if (code !== 0) {
    const how = signal ?? `code ${code ?? '?'}`;
    const said = (stderr + stdout).slice(-4000);
    throw new Error(`ended with ${how}: ${command} ${args.join(' ')}\n${said}`);
  }
  return stdout;
}
