/** The operator as a service: the same as run.ts, with JSON logs and no words. */
import path from 'node:path';
import { pino } from 'pino';
import { OperatorError } from './errors.ts';
import { LocalCluster } from './local/local-cluster.ts';
import { parseFlags } from './options.ts';
import { endWith } from './signals.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

const log = pino({ base: null });
const fail = (error: unknown): never => {
  const code = error instanceof OperatorError ? error.code : 'INTERNAL';
  log.fatal({ code, err: error }, 'operator failed');
  process.exit(1);
};

try {
  const flags = parseFlags(process.argv.slice(2), ROOT);
  log.level = flags.logLevel;
  endWith(await LocalCluster.start(flags, log), { onStop: () => undefined, fail });
} catch (error) {
  fail(error);
}
