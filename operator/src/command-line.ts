import { Command, CommanderError, Option } from 'commander';
import path from 'node:path';
import type { z } from 'zod';
import { OperatorError } from './errors.ts';

/** A flag, which is also a variable: `--api-port` is SC_API_PORT. Paths by default
 * lie below `base`. */
export function option(flag: string, text: string, fallback?: string, base?: string): Option {
  const made = new Option(flag, text);
  made.env(`SC_${made.name().replaceAll('-', '_').toUpperCase()}`);
  if (fallback === undefined) return made;
  return made.default(base === undefined ? fallback : path.join(base, fallback), fallback);
}

/**
 * Flags and variables as the schema has them. Throws OPTIONS_INVALID; prints help
 * and ends the process when asked for it.
 */
export function parseCommandLine<Schema extends z.ZodType>(
  args: readonly string[],
  options: readonly Option[],
  schema: Schema,
): z.output<Schema> {
  const command = new Command('operator')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  for (const one of options) command.addOption(one);
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) process.exit(0);
    const message = error instanceof Error ? error.message : String(error);
    throw new OperatorError('OPTIONS_INVALID', message, { cause: error });
  }
  const parsed = schema.safeParse(command.opts());
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`);
  throw new OperatorError('OPTIONS_INVALID', faults.join('; '));
}
