import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../../../scripts/nats-server.sh', import.meta.url));
const START_TIMEOUT_MS = 10_000;

/** A real nats-server on loopback that includes `auth.conf`, as the chart's does. */
export class AuthNatsServer {
  url = '';
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'sc-nats-auth-'));
  private child: ChildProcess | undefined = undefined;

  async start(authConfig: string): Promise<void> {
    const { folder } = this;
    writeFileSync(path.join(folder, 'auth.conf'), authConfig);
    writeFileSync(
      path.join(folder, 'nats.conf'),
      [
        'listen: 127.0.0.1:-1',
        `ports_file_dir: ${JSON.stringify(folder)}`,
        `jetstream { store_dir: ${JSON.stringify(path.join(folder, 'data'))} }`,
        'include ./auth.conf',
      ].join('\n'),
    );
    const binary = execFileSync(SCRIPT, { encoding: 'utf8' }).trim();
    this.child = spawn(binary, ['-c', path.join(folder, 'nats.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said: string[] = [];
    this.child.stderr?.on('data', (bytes: Buffer) => said.push(bytes.toString()));
    this.url = await this.announced(said);
  }

  async close(): Promise<void> {
    const { child } = this;
    if (child?.exitCode === null) {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await exited;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async announced(said: readonly string[]): Promise<string> {
    const deadlineMs = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadlineMs && this.child?.exitCode === null) {
      const file = readdirSync(this.folder).find((name) => name.endsWith('.ports'));
      const url = file && urlIn(readFileSync(path.join(this.folder, file), 'utf8'));
      if (url) return url;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`nats-server does not start: ${said.join('')}`);
  }
}

/** Undefined while the file is being written. */
function urlIn(text: string): string | undefined {
  return /"(nats:\/\/[^"]+)"/.exec(text)?.[1];
}
