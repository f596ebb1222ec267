import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../engine/engine.ts';
import { createEngine, DEFAULT_ENGINE_OPTIONS } from '../../engine/native.ts';
import { WorkerError } from '../../errors.ts';
import { FlvReader } from '../../formats/flv/reader.ts';
import type { StreamName } from '../../media/stream-name.ts';
import { realClock } from '../../stream/clock.ts';
import { StreamRegistry } from '../../stream/registry.ts';
import { DEFAULT_STREAMS_CONFIG } from '../../stream/streams-config.ts';
import { RtmpServer } from './server.ts';
import type { RtmpStreamAccess } from './stream-access.ts';
import { openVisitors } from '../../sessions/testing/open-visitors.ts';

const SOURCE = new URL('../../formats/flv/testdata/h264-aac.flv', import.meta.url);

let engine: Engine;
let server: RtmpServer;
let registry: StreamRegistry;
let folder: string;
const refusals: string[] = [];

/** Streams of this process only, without a cluster. */
function localStreams(): RtmpStreamAccess {
  const viewSync = (name: StreamName) => {
    const stream = registry.get(name);
    return stream === undefined || stream.state === 'ended' ? undefined : stream;
  };
  return {
    viewSync,
    view: (name) => Promise.reject(new WorkerError('STREAM_NOT_FOUND', name.key)),
    publish: (name) => Promise.resolve().then(() => registry.open(name).publish()),
  };
}

beforeAll(() => {
  const log = pino({ level: 'silent' });
  folder = mkdtempSync(path.join(tmpdir(), 'rtmp-'));
  engine = createEngine(DEFAULT_ENGINE_OPTIONS);
  const config = () => ({ ...DEFAULT_STREAMS_CONFIG, publisherGraceSeconds: 0.2 });
  registry = new StreamRegistry({ engine, clock: realClock, log, config });
  server = new RtmpServer({
    engine,
    streams: localStreams(),
    visitors: openVisitors(),
    log,
    counters: { count: (reason) => refusals.push(reason) },
    hosts: ['127.0.0.1', '::1'],
    port: 0,
    reusePort: false,
    paced: false,
  });
  server.start();
});

afterAll(() => {
  server.close();
  engine.close();
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

function url(name: string): string {
  return `rtmp://127.0.0.1:${server.port}/live/${name}`;
}

function start(command: string, ...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, said }));
  return { child, ended };
}

function ffmpeg(...args: string[]): ReturnType<typeof start> {
  return start('ffmpeg', '-v', 'error', '-nostdin', ...args);
}

/** Publishes the file twice over, in real time: about 2.5 s. */
function publish(name: string): ReturnType<typeof start> {
  const source = ['-re', '-stream_loop', '1', '-i', SOURCE.pathname];
  return ffmpeg(...source, '-c', 'copy', '-f', 'flv', url(name));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function stateOf(name: string): string | undefined {
  return registry.list().find((stream) => stream.name.name === name)?.state;
}

interface Picture {
  readonly timestampMs: number;
  readonly body: string;
}

function pictures(file: Buffer): Picture[] {
  const out: Picture[] = [];
  new FlvReader({
    // eslint-disable-next-line max-params -- The sink's shape.
    onTag: (kind, timestampMs, buf, start, end) => {
      const isPicture = kind === 9 && buf[start + 1] === 1;
      if (isPicture) out.push({ timestampMs, body: buf.toString('base64', start, end) });
    },
  }).push(file, 0, file.length);
  return out;
}

describe('RtmpServer with real clients', () => {
  it('carries a stream from ffmpeg to ffmpeg and rtmpdump, and tells them its end', async () => {
    const publisher = publish('both');
    await until(() => stateOf('both') === 'live');
    const byFfmpeg = path.join(folder, 'ffmpeg.flv');
    const byRtmpdump = path.join(folder, 'rtmpdump.flv');
    const players = [
      ffmpeg('-i', url('both'), '-c', 'copy', byFfmpeg),
      start('rtmpdump', '-q', '--live', '-r', url('both'), '-o', byRtmpdump),
    ];
    const results = await Promise.all([publisher, ...players].map(({ ended }) => ended));
    expect(results[0]).toEqual({ code: 0, said: '' });
    expect(results[1]?.code).toBe(0);
    const source = pictures(readFileSync(SOURCE)).map(({ body }) => body);
    const published = [...source, ...source];
    for (const file of [byFfmpeg, byRtmpdump]) {
      const seen = pictures(readFileSync(file));
      // From a key frame on, to the very last, none missing: 40 ms apart.
      expect(seen.length).toBeGreaterThan(source.length);
      expect(seen.map(({ body }) => body)).toEqual(published.slice(-seen.length));
      const times = seen.map(({ timestampMs }) => timestampMs);
      const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
      expect(gaps.every((gap) => gap >= 38 && gap <= 100)).toBe(true);
    }
    expect(server.connections).toBe(0);
  });

  it('refuses a second publisher while the first goes on', async () => {
    const first = publish('busy');
    await until(() => stateOf('busy') === 'live');
    const second = await publish('busy').ended;
    expect(second.code).not.toBe(0);
    expect(second.said).toContain('STREAM_BUSY');
    expect(refusals).toContain('STREAM_BUSY');
    expect(await first.ended).toEqual({ code: 0, said: '' });
  });

  it('tells a viewer of an unknown stream at once', async () => {
    const { said } = await ffmpeg('-i', url('nothing'), '-f', 'null', '-').ended;
    expect(said).toContain('STREAM_NOT_FOUND');
  });

  it('takes a viewer by IPv6', async () => {
    const { said } = await ffmpeg('-i', `rtmp://[::1]:${server.port}/live/none`, '-f', 'null', '-')
      .ended;
    expect(said).toContain('STREAM_NOT_FOUND');
  });

  it('closes other protocols at once', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.end('GET / HTTP/1.1\r\n\r\n');
    let received = 0;
    socket.on('data', (bytes) => (received += bytes.length));
    await once(socket, 'close');
    expect(received).toBe(0);
    expect(refusals).toContain('RTMP_HANDSHAKE_INVALID');
  });
});
