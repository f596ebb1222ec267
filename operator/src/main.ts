/** The operator on Kubernetes. `run.ts` is the one on this machine. */
import { pino } from 'pino';
import { OperatorError } from './errors.ts';
import { parsePodsFlags } from './pods/flags.ts';
import { PodsOperator } from './pods/pods-operator.ts';
import { endWith } from './signals.ts';

const log = pino({ base: null });
const fail = (error: unknown): never => {
  const code = error instanceof OperatorError ? error.code : 'INTERNAL';
  log.fatal({ code, err: error }, 'operator failed');
  process.exit(1);
};

try {
  const flags = parsePodsFlags(process.argv.slice(2));
  log.level = flags.logLevel;
  const operator = await PodsOperator.start(flags, log);
  endWith(operator, { onStop: () => log.info('stopping'), fail });
} catch (error) {
  fail(error);
}
