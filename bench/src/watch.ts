import { Command } from 'commander';
import { createEngine, DEFAULT_ENGINE_OPTIONS } from '@streamcluster/worker';
import { CheckedCrowd } from './generator/checked-crowd.ts';
import { CheckedViewer } from './generator/checked-viewer.ts';
import { loadClip, smallClip } from './generator/clip.ts';
import { patiently, sleep } from './generator/wait.ts';

interface Options {
  readonly host: string;
  readonly port: number;
  readonly app: string;
  readonly streams: number;
  readonly viewers: number;
  readonly hot: number;
  readonly within: number;
  readonly leave: number;
  readonly seconds: number;
  readonly query: string;
  readonly clip: string;
}

const SEEN_MS = 30_000;

const { host, port, app, ...options } = new Command('watch')
  .description(
    'Watches what `publish` publishes with many HTTP-FLV viewers, and compares every tag.',
  )
  .option('--host <address>', 'literal address', '127.0.0.1')
  .option('--port <number>', 'HTTP port', Number, 8080)
  .option('--app <name>', 'streams are APP/s-0, APP/s-1 …', 'load')
  .option('--streams <number>', 'so many', Number, 1)
  .option('--viewers <number>', 'so many', Number, 100)
  .option('--hot <share>', 'of the viewers watch APP/s-0, the others one of the others', Number, 0)
  .option('--within <seconds>', 'they come within so long', Number, 10)
  .option('--leave <share>', 'of them leave in a second, and as many come', Number, 0)
  .option('--seconds <number>', 'how long in all', Number, 60)
  .option('--query <text>', 'parameters of the addresses, `token=…`', '')
  .option('--clip <name>', 'that is published: small, idle', 'small')
  .parse()
  .opts<Options>();

const engine = createEngine(DEFAULT_ENGINE_OPTIONS);
const clip = await loadClip(smallClip(options.clip));
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
process.once('SIGINT', () => stopping.abort());

function streamOf(viewer: number): number {
  const { streams, hot } = options;
  if (hot === 0 || streams === 1) return viewer % streams;
  return Math.random() < hot ? 0 : 1 + (viewer % (streams - 1));
}

const plan = { count: options.viewers, withinMs: options.within * 1000, leaveShare: options.leave };
const crowd = new CheckedCrowd(plan, (number) => {
  const path = `/${app}/s-${streamOf(number)}.flv${options.query && `?${options.query}`}`;
  return new CheckedViewer({ engine, host, port, path }, clip);
});
try {
  await patiently('all see something', plan.withinMs + SEEN_MS, () => {
    return crowd.isComplete || stopping.signal.aborted;
  });
  process.stdout.write(`watching ${options.viewers}\n`);
  await sleep(options.seconds * 1000, undefined, { signal: stopping.signal }).catch(
    () => undefined,
  );
} finally {
  process.stdout.write(`${JSON.stringify(crowd.leave())}\n`);
  engine.close();
}
