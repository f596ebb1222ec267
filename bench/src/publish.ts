import { Command } from 'commander';
import { createEngine, DEFAULT_ENGINE_OPTIONS } from '@streamcluster/worker';
import { CLIP_SMALL, loadClip } from './generator/clip.ts';
import { Feed } from './generator/feed.ts';
import { Publisher } from './generator/publisher.ts';
import { sleep } from './generator/wait.ts';

interface Options {
  readonly host: string;
  readonly port: number;
  readonly count: number;
  readonly app: string;
  readonly seconds: number;
}

const { host, port, count, app, seconds } = new Command('publish')
  .description('Publishes many small streams at once, until it is stopped or the time is over.')
  .option('--host <address>', 'literal address', '127.0.0.1')
  .option('--port <number>', 'RTMP port', Number, 1935)
  .option('--count <number>', 'streams', Number, 200)
  .option('--app <name>', 'streams are APP/s-0, APP/s-1 …', 'load')
  .option('--seconds <number>', 'how long', Number, 60)
  .parse()
  .opts<Options>();

const engine = createEngine(DEFAULT_ENGINE_OPTIONS);
const feed = new Feed(engine, await loadClip(CLIP_SMALL));
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
process.once('SIGINT', () => stopping.abort());

const publishers = Array.from(
  { length: count },
  (_, i) => new Publisher({ engine, host, port, app, name: `s-${i}`, feed }),
);
for (const { key, closed } of publishers) {
  void closed.then((reason) => {
    if (!stopping.signal.aborted) process.stdout.write(`lost ${key}: ${reason}\n`);
  });
}
try {
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
