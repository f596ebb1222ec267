import { Command, InvalidArgumentError, Option } from 'commander';
import { drain, type DrainFlags } from './commands/drain.ts';
import { rebalance } from './commands/rebalance.ts';
import { kick, type KickFlags } from './commands/kick.ts';
import { report, type ReportFlags } from './commands/report.ts';
import { sessions, type SessionsFlags } from './commands/sessions.ts';
import { status } from './commands/status.ts';
import { stream, type StreamFlags } from './commands/stream.ts';
import { streams, type StreamsFlags } from './commands/streams.ts';
import { undrain } from './commands/undrain.ts';
import { version } from './commands/version.ts';
import type { WaitFlags } from './commands/wait.ts';
import { workers } from './commands/workers.ts';
import type { Io } from './io.ts';
import { Session, type CommonFlags } from './session.ts';

/** A command with at most one argument. */
type Action<Flags> = (session: Session, name: string | undefined, flags: Flags) => Promise<void>;

const NAME = 'the StreamCluster; may be left out where there is only one';

/** All commands and flags. */
export function program(io: Io): Command {
  const root = new Command('kubectl streamcluster')
    .description(
      'Look at StreamClusters, their streams, sessions and workers; end sessions, drain workers.',
    )
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
    .showHelpAfterError('(--help shows what there is)');
  for (const option of commonOptions()) root.addOption(option);
  const add = <Flags>(name: string, text: string, action: Action<Flags>): Command =>
    root
      .command(name)
      .description(text)
      .action(async (...args: unknown[]) => {
        const command = args.at(-1) as Command;
        const flags = command.optsWithGlobals<CommonFlags & Flags>();
        await action(new Session(io, flags), command.args[0], flags);
      });
  addViews(add);
  addSessions(add);
  addDrains(add);
  addSupport(add);
  return root;
}

type Add = <Flags>(name: string, text: string, action: Action<Flags>) => Command;

function addViews(add: Add): void {
  add('status', 'conditions, load, workers and events', status).argument('[name]', NAME);
  add<StreamsFlags>('streams', 'what is published, and where', streams)
    .argument('[name]', NAME)
    .option('--limit <n>', 'most streams of each StreamCluster', wholeNumber(1));
  add('workers', 'workers, their load and where they run', workers).argument('[name]', NAME);
  add<StreamFlags>('stream', 'who serves one stream, who pulls it from whom, and why', stream)
    .argument('<stream>', 'the stream, as APP/NAME')
    .option('--cluster <name>', NAME);
  add('rebalance', 'what is moved, split and merged, and why', rebalance).argument('[name]', NAME);
}

function addSessions(add: Add): void {
  add<SessionsFlags>('sessions', 'who publishes and watches', sessions)
    .argument('[name]', NAME)
    .option('--stream <stream>', 'of one stream, as APP/NAME')
    .option('--limit <n>', 'most that are shown', wholeNumber(1));
  add<KickFlags>('kick', 'end a session; its client may come back at once', kick)
    .argument('<session>', 'the session, as `sessions` shows it')
    .option('--ban <seconds>', 'refuse its client for so long', wholeNumber(1))
    .option('--cluster <name>', NAME);
}

function addDrains(add: Add): void {
  const drains = add<DrainFlags & TimeoutFlag>(
    'drain',
    'empty a worker; it ends when it is empty',
    (session, worker = '', flags) =>
      drain(session, worker, { ...flags, timeoutSeconds: flags.timeout }),
  ).option('--reason <text>', 'why, for those who look', 'Command');
  const undrains = add<WaitFlags & TimeoutFlag>(
    'undrain',
    'take a drain back',
    (session, worker = '', flags) =>
      undrain(session, worker, { ...flags, timeoutSeconds: flags.timeout }),
  );
  for (const command of [drains, undrains]) {
    command
      .argument('<worker>', 'the worker, as `workers` shows it')
      .option('--wait', 'until it is done')
      .addOption(
        new Option('--timeout <seconds>', 'with --wait: give up after so long; 0 is never')
          .argParser(wholeNumber(0))
          .default(0),
      );
  }
}

interface TimeoutFlag {
  readonly timeout: number;
}

function addSupport(add: Add): void {
  add<ReportFlags>('report', 'an archive for support, without secrets', report)
    .argument('[name]', NAME)
    .option('-f, --file <path>', 'where to write it; - is the output')
    .addOption(
      new Option('--log-lines <n>', 'last lines of each log')
        .argParser(wholeNumber(1))
        .default(2000),
    )
    .option('--redact-addresses', 'also take out IP addresses');
  add('version', 'versions of plugin, API server, operator and workers', version);
}

function commonOptions(): Option[] {
  return [
    new Option('-n, --namespace <name>', 'namespace, instead of the context’s'),
    new Option('-A, --all-namespaces', 'of all namespaces').conflicts('namespace'),
    new Option('-o, --output <format>', 'how to show it')
      .choices(['table', 'json'])
      .default('table'),
    new Option('--context <name>', 'context of the kubeconfig'),
    new Option('--kubeconfig <path>', 'kubeconfig, instead of KUBECONFIG or ~/.kube/config'),
    new Option('--operator-namespace <name>', 'namespace of the operator’s Service').env(
      'SC_OPERATOR_NAMESPACE',
    ),
    new Option('--operator-service <name>', 'name of the operator’s Service').env(
      'SC_OPERATOR_SERVICE',
    ),
    new Option('--operator-token <token>', 'token of the operator’s page, where it takes one').env(
      'SC_OPERATOR_TOKEN',
    ),
  ];
}

function wholeNumber(minimum: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isSafeInteger(number) && number >= minimum) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${minimum}.`);
  };
}
