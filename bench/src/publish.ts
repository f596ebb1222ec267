import { Command } from 'commander';
import { createEngine, DEFAULT_ENGINE_OPTIONS } from '@streamcluster/worker';
import { loadClip, smallClip } from './generator/clip.ts';
import { Feed } from './generator/feed.ts';
import { Publisher } from './generator/publisher.ts';
import { sleep } from './generator/wait.ts';

interface Options {
  readonly host: string;
  readonly port: number;
  readonly count: number;
  readonly app: string;
  readonly seconds: number;
  readonly clip: string;
  readonly perSecond: number;
}

const { host, port, count, app, seconds, clip, perSecond } = new Command('publish')
  .description('Publishes many small streams at once, until it is stopped or the time is over.')
  .option('--host <address>', 'literal address', '127.0.0.1')
  .option('--port <number>', 'RTMP port', Number, 1935)
  .option('--count <number>', 'streams', Number, 200)
  .option('--app <name>', 'streams are APP/s-0, APP/s-1 …', 'load')
  .option('--seconds <number>', 'how long', Number, 60)
  .option('--clip <name>', 'small, or idle: nearly no bytes', 'small')
  .option('--per-second <number>', 'so many come in a second', Number, Infinity)
  .parse()
  .opts<Options>();

const STEP_MS = 20;

const engine = createEngine(DEFAULT_ENGINE_OPTIONS);
const feed = new Feed(engine, await loadClip(smallClip(clip)));
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
process.once('SIGINT', () => stopping.abort());

const publishers: Publisher[] = [];

function publishOne(): void {
  const name = `s-${publishers.length}`;
  const publisher = new Publisher({ engine, host, port, app, name, feed });
  publishers.push(publisher);
  void publisher.closed.then((reason) => {
    if (!stopping.signal.aborted) process.stdout.write(`lost ${publisher.key}: ${reason}\n`);
  });
}

try {
  const startedMs = performance.now();
  while (publishers.length < count && !stopping.signal.aborted) {
    const due = Math.min(count, ((performance.now() - startedMs + STEP_MS) / 1000) * perSecond);
    while (publishers.length < due) publishOne();
    if (publishers.length < count) await sleep(STEP_MS);
  }
  await Promise.all(publishers.map(({ live }) => live));
  process.stdout.write(`published ${count}\n`);
  await sleep(seconds * 1000, undefined, { signal: stopping.signal }).catch(() => undefined);
  stopping.abort();
  for (const publisher of publishers) publisher.unpublish();
  await Promise.all(publishers.map(({ closed }) => closed));
} finally {
  feed.stop();
  engine.close();
}
