import { Command } from 'commander';
import { createEngine, DEFAULT_ENGINE_OPTIONS } from '@streamcluster/worker';
import { LivePlayers } from './generator/live-players.ts';
import { sleep } from './generator/wait.ts';
import { plainDial } from './generator/wire.ts';

interface Options {
  readonly host: string;
  readonly port: number;
  readonly app: string;
  readonly streams: number;
  readonly players: number;
  readonly within: number;
  readonly seconds: number;
}

const { host, port, app, ...options } = new Command('play')
  .description('Plays streams by HLS with many players that keep no cookies and look all alike.')
  .option('--host <address>', 'literal address', '127.0.0.1')
  .option('--port <number>', 'HTTP port', Number, 8080)
  .option('--app <name>', 'streams are APP/s-0, APP/s-1 …', 'load')
  .option('--streams <number>', 'so many', Number, 1)
  .option('--players <number>', 'so many', Number, 100)
  .option('--within <seconds>', 'they come within so long', Number, 10)
  .option('--seconds <number>', 'how long in all', Number, 60)
  .parse()
  .opts<Options>();

const engine = createEngine({ ...DEFAULT_ENGINE_OPTIONS, maxConnections: options.players + 100 });
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
process.once('SIGINT', () => stopping.abort());

const players = new LivePlayers({
  ...{ dial: plainDial(engine, host, port), host, port, count: options.players },
  paths: Array.from({ length: options.streams }, (_, i) => `/${app}/s-${i}.m3u8`),
  withinMs: options.within * 1000,
  agent: () => 'player/1',
});
try {
  await players.come();
  process.stdout.write(`playing ${options.players}\n`);
  await sleep(options.seconds * 1000, undefined, { signal: stopping.signal }).catch(
    () => undefined,
  );
} finally {
  const { playlists, segments, different, bytes, faults, fault } = players;
  const report = { playlists, segments, different, bytes, faults, fault };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  players.leave();
  engine.close();
}
