import { CommanderError, type Command } from 'commander';
import { asPluginError } from './errors.ts';
import type { Io } from './io.ts';
import { plain } from './output/table.ts';
import { program } from './program.ts';

const USAGE_EXIT = 2;

/** Does what the arguments say; resolves with the exit code. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const root = program(io);
  exitNever(root);
  try {
    await root.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    // Help and complaints about usage were written by commander.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT;
    const { code, message, exitCode } = asPluginError(error);
    io.err(`error: ${plain(message)} (${code})\n`);
    return exitCode;
  }
}

/** Commands do not take this over once they are made. */
function exitNever(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) exitNever(child);
}
