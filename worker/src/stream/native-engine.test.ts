import net from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { createEngine, DEFAULT_ENGINE_OPTIONS } from '../engine/native.ts';
import { FrameKind } from '../media/frame.ts';
import { realClock } from './clock.ts';
import type { PublishSource } from './publish-source.ts';
import { StreamRegistry } from './registry.ts';
import { DEFAULT_STREAMS_CONFIG } from './streams-config.ts';
import { aacConfig, avcConfig, show, type ShowOptions } from './testing/frames.ts';
import { NAME, tagsOf } from './testing/rig.ts';
import type { Viewer } from './viewer.ts';

const SMALL_BUFFER_BYTES = 64 * 1024;

let engine: Engine;
let registry: StreamRegistry;
let source: PublishSource;
let viewers: Viewer[];
let port: number;
let closed: string[];

beforeEach(() => {
  engine = createEngine({
    ...DEFAULT_ENGINE_OPTIONS,
    arenaBytes: 1024 ** 3,
    arenaCapBytes: 256 * 1024 ** 2,
    sendBufferBytes: SMALL_BUFFER_BYTES,
  });
  engine.setTicks(20, 0);
  registry = new StreamRegistry({
    engine,
    clock: realClock,
    log: pino({ enabled: false }),
    config: () => DEFAULT_STREAMS_CONFIG,
  });
  source = registry.open(NAME).publish();
  viewers = [];
  closed = [];
  const listener = engine.listen({
    host: '127.0.0.1',
    port: 0,
    reusePort: false,
    onAccept: (connection) => {
      const request = { connection, protocol: 'flv' as const };
      const onClosed = (reason: string): void => {
        closed.push(reason);
        connection.end();
      };
      viewers.push(registry.open(NAME).attach({ ...request, onClosed }));
    },
  });
  port = listener.port;
});

afterEach(() => {
  registry.close();
  engine.close();
});

function play(options: ShowOptions): void {
  for (const frame of show(options)) source.append(frame);
}

async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error('it did not happen');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function connect(): { socket: net.Socket; received: Buffer[]; hasEnded: () => boolean } {
  const received: Buffer[] = [];
  let ended = false;
  const socket = net.connect(port, '127.0.0.1');
  socket.on('data', (bytes: Buffer) => received.push(bytes));
  socket.on('end', () => (ended = true));
  return { socket, received, hasEnded: () => ended };
}

it('a viewer over a socket gets every frame from its key frame to the end', async () => {
  source.append(avcConfig());
  source.append(aacConfig());
  play({ fromMs: 0, toMs: 5_000 });
  const { received, hasEnded } = connect();
  await until(() => viewers.length === 1);
  play({ fromMs: 5_000, toMs: 7_000 });
  registry.get(NAME)?.end();
  await until(hasEnded);
  expect(closed).toEqual(['ended']);
  const bodies = tagsOf(Buffer.concat(received), true).map(({ body }) => body.toString('hex'));
  const expected = [
    ...show({ fromMs: 4_000, toMs: 5_000 }),
    ...show({ fromMs: 5_000, toMs: 7_000 }),
  ];
  expect(bodies.slice(2)).toEqual(expected.map(({ body }) => body.toString('hex')));
});

it('a viewer that stopped reading jumps, and its time goes on without a hole', async () => {
  source.append(avcConfig());
  source.append(aacConfig());
  play({ fromMs: 0, toMs: 2_040 });
  const { socket, received, hasEnded } = connect();
  await until(() => received.length > 0);
  socket.pause();
  play({ fromMs: 2_040, toMs: 32_040, pictureBytes: 60_000 });
  await until(() => engine.stats().queuedBytes > 0 || (viewers[0]?.skips ?? 0) > 0);
  socket.resume();
  await until(() => (viewers[0]?.skips ?? 0) > 0);
  play({ fromMs: 32_040, toMs: 34_040 });
  registry.get(NAME)?.end();
  await until(hasEnded);
  const tags = tagsOf(Buffer.concat(received), true);
  for (const kind of [FrameKind.audio, FrameKind.video]) {
    const times = tags.filter((tag) => tag.kind === kind).map(({ timestampMs }) => timestampMs);
    const steps = times.slice(2).map((time, index) => time - times[index + 1]!);
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...steps)).toBeLessThan(150);
  }
  expect(viewers[0]!.skippedMs).toBeGreaterThan(5_000);
});
