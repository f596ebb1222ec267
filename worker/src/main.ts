import { pino } from 'pino';
import { WorkerError } from './errors.ts';
import { parseOptions } from './options.ts';
import { LogOutput } from './wiring/log-output.ts';
import { WorkerProcess } from './wiring/worker-process.ts';

const EXIT_FAILED = 1;
const EXIT_OPTIONS = 2;
const output = new LogOutput(process.stdout);

/** One line that says what is wrong and its code, then the end. */
function fail(error: unknown, exitCode: number): never {
  const code = error instanceof WorkerError ? error.code : 'INTERNAL';
  pino({ base: null }, output).fatal({ code, err: error }, 'worker failed');
  process.exit(exitCode);
}

function optionsOrFail(): ReturnType<typeof parseOptions> {
  try {
    return parseOptions(process.argv.slice(2), process.env);
  } catch (error) {
    return fail(error, EXIT_OPTIONS);
  }
}

async function main(): Promise<void> {
  const options = optionsOrFail();
  const log = pino({ level: options.logLevel, base: { worker: options.id } }, output);
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) process.exit(0);
    isStopping = true;
    void worker.stop().finally(() => process.exit(0));
  };
  const worker = new WorkerProcess(options, log, {
    onDrained: stop,
    onFailed: (error) => fail(error, EXIT_FAILED),
  });
  let isAsked = false;
  // One listener for all of them: without any, a signal would kill the process.
  process.on('SIGTERM', () => {
    // A second one does not wait.
    if (isAsked) stop();
    else worker.drain('Signal');
    isAsked = true;
  });
  process.on('SIGINT', stop);
  if (options.exitWithParent === 'true') process.stdin.on('close', stop).resume();
  await worker.start();
}

process.on('uncaughtException', (error) => fail(error, EXIT_FAILED));
process.on('unhandledRejection', (error) => fail(error, EXIT_FAILED));
main().catch((error: unknown) => fail(error, EXIT_FAILED));
