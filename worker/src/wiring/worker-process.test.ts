import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NatsServer } from '../cluster/testing/nats-server.ts';
import { FfmpegPublisher, FlvViewer, makeClip } from './testing/media-clients.ts';
import { RealWorker, waitFor } from './testing/real-worker.ts';

const TIMEOUT_MS = 60_000;

describe('workers as processes', { timeout: TIMEOUT_MS }, () => {
  let nats: NatsServer;
  let folder: string;
  let clip: string;
  let workers: RealWorker[] = [];
  let publishers: FfmpegPublisher[] = [];
  let viewers: FlvViewer[] = [];
  let round = 0;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sc-worker-'));
    clip = path.join(folder, 'clip.flv');
    makeClip(clip);
    nats = await NatsServer.start();
  }, TIMEOUT_MS);
  afterAll(async () => {
    await nats.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const viewer of viewers) viewer.close();
    await Promise.all(publishers.map((publisher) => publisher.kill()));
    await Promise.all(workers.map((worker) => worker.stop()));
    workers = [];
    publishers = [];
    viewers = [];
  });

  const start = (id: string, flags: Record<string, string> = {}): RealWorker => {
    const worker = new RealWorker(id, { nats: nats.url, bucket: `round-${round}`, ...flags });
    workers.push(worker);
    return worker;
  };
  const startAll = async (count: number): Promise<RealWorker[]> => {
    round += 1;
    const started = Array.from({ length: count }, (_, index) => start(`w-${index}`));
    const ready = await Promise.all(started.map((worker) => worker.ready()));
    // Everybody has heard everybody.
    for (const worker of ready) await peersOf(worker, count - 1);
    return ready;
  };
  const publish = async (worker: RealWorker): Promise<FfmpegPublisher> => {
    const before = worker.lines.length;
    const publisher = new FfmpegPublisher(clip, worker.rtmpUrl('live/news'));
    publishers.push(publisher);
    await waitFor('the publication', () =>
      worker.lines.slice(before).find(({ msg }) => msg === 'publication opened'),
    );
    return publisher;
  };
  const view = (worker: RealWorker): FlvViewer => {
    const viewer = new FlvViewer(worker.httpUrl('live/news.flv'));
    viewers.push(viewer);
    return viewer;
  };

  it('carry a stream to viewers of every worker, and on to another ingest worker', async () => {
    const [a, b, c] = await startAll(3);
    const first = await publish(a!);
    const watching = [a!, b!, c!].map(view);
    for (const viewer of watching) await frames(viewer, 20);
    await first.kill();
    await a!.logged('publisher left');
    await publish(b!);
    for (const viewer of watching) await frames(viewer, viewer.videoTimesMs.length + 40);
    for (const { videoTimesMs, hasEnded } of watching) {
      expect(hasEnded).toBe(false);
      expect(videoTimesMs).toEqual([...videoTimesMs].sort((x, y) => x - y));
    }
    const playlists = await Promise.all(
      [a!, b!, c!].map(async (worker) => (await playlistOf(worker)).split('\n')[4]),
    );
    expect(new Set(playlists).size).toBe(1);
  });

  it('go on when the ingest worker is killed and the publisher comes back elsewhere', async () => {
    const [a, b] = await startAll(2);
    await publish(a!);
    const viewer = view(b!);
    await frames(viewer, 20);
    a!.signal('SIGKILL');
    await b!.logged('relay closed');
    await publish(b!);
    await frames(viewer, viewer.videoTimesMs.length + 20);
    expect(viewer.hasEnded).toBe(false);
    expect(viewer.videoTimesMs).toEqual([...viewer.videoTimesMs].sort((x, y) => x - y));
  });

  it('keep playing while NATS is away', async () => {
    const [a, b] = await startAll(2);
    await publish(a!);
    const viewer = view(b!);
    await frames(viewer, 10);
    await nats.stop();
    await b!.logged('NATS connection lost');
    const late = view(b!);
    await frames(viewer, viewer.videoTimesMs.length + 40);
    await frames(late, 10);
    expect((await fetch(b!.adminUrl('healthz'))).status).toBe(200);
    expect((await fetch(b!.adminUrl('readyz'))).status).toBe(200);
    await nats.resume();
    await b!.logged('NATS connected again');
  });

  it('end at once on SIGTERM when they are empty', async () => {
    const [a] = await startAll(1);
    a!.signal('SIGTERM');
    expect(await a!.exited()).toBe(0);
    expect(a!.line('drain done')).toBeDefined();
  });

  it('wait for NATS, and say so', async () => {
    round += 1;
    await nats.stop();
    const a = start('w-0', { 'admin-port': '0' });
    expect(await a.logged('NATS not reachable')).toMatchObject({ code: 'NATS_UNREACHABLE' });
    expect(a.line('worker ready')).toBeUndefined();
    await nats.resume();
    await a.ready();
    expect((await fetch(a.adminUrl('readyz'))).status).toBe(200);
  });

  it('say which port is in use', async () => {
    round += 1;
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    const { port } = squatter.address() as AddressInfo;
    const a = start('w-0', { 'rtmp-port': String(port) });
    expect(await a.exited()).toBe(1);
    const fault = a.line('worker failed');
    expect(fault).toMatchObject({ code: 'PORT_IN_USE' });
    expect(JSON.stringify(fault)).toContain(String(port));
    await new Promise((resolve) => squatter.close(resolve));
  });

  it('show where the time of their loop goes, and what they hold', async () => {
    const [a] = await startAll(1);
    await publish(a!);
    const viewer = view(a!);
    await frames(viewer, 30);
    const loop = await json<LoopAnswer>(a!, 'debug/loop');
    const { sinceStart: parts, engine } = loop;
    const sum = Object.values(parts).reduce((total, ms) => total + ms, 0);
    expect(sum).toBeGreaterThan(engine.activeMs * 0.99);
    expect(sum).toBeLessThan(engine.activeMs * 1.01);
    for (const part of ['readMs', 'parseMs', 'packageMs', 'sendMs']) {
      expect(parts[part], part).toBeGreaterThan(0);
    }
    const objects = await json<ObjectsAnswer>(a!, 'debug/objects');
    const kinds = objects.connections.map(({ kind, count }) => `${kind} ${count}`);
    expect(kinds).toContain('flv viewer 1');
    expect(kinds).toContain('rtmp publisher 1');
    expect(objects.streams).toMatchObject([{ name: 'live/news', viewers: { flv: 1 } }]);
    // One stream with one log: all that is in use is its.
    expect(objects.streams[0]?.arenaBytes).toEqual({ flv: objects.engine.arena.inUseBytes });
    // Another window than since the start.
    const { sinceLastLook } = await json<LoopAnswer>(a!, 'debug/loop');
    expect(sinceLastLook.wallMs).toBeLessThan(engine.activeMs + 60_000);
    expect(sinceLastLook.activeMs).toBeLessThanOrEqual(sinceLastLook.wallMs + 1);
    expect((await fetch(a!.adminUrl('debug/profile?seconds=0.1'))).status).toBe(404);
  });

  it('say which option is wrong', async () => {
    const a = start('w-0', { 'http-port': 'eighty' });
    expect(await a.exited()).toBe(2);
    expect(a.line('worker failed')).toMatchObject({ code: 'OPTIONS_INVALID' });
  });
});

async function frames(viewer: FlvViewer, count: number): Promise<void> {
  await waitFor(`${count} frames`, () => viewer.videoTimesMs.length >= count || undefined);
}

interface LoopAnswer {
  readonly sinceStart: Record<string, number>;
  readonly sinceLastLook: { readonly wallMs: number; readonly activeMs: number };
  readonly engine: { readonly activeMs: number };
}

interface ObjectsAnswer {
  readonly engine: { readonly arena: { readonly inUseBytes: number } };
  readonly connections: { readonly kind: string; readonly count: number }[];
  readonly streams: { readonly arenaBytes: Record<string, number> }[];
}

async function json<T>(worker: RealWorker, page: string): Promise<T> {
  return (await (await fetch(worker.adminUrl(page))).json()) as T;
}

async function peersOf(worker: RealWorker, count: number): Promise<void> {
  for (;;) {
    const objects = (await (await fetch(worker.adminUrl('debug/objects'))).json()) as {
      workers: unknown[];
    };
    if (objects.workers.length >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function playlistOf(worker: RealWorker): Promise<string> {
  const url = `${worker.httpUrl('live/news.m3u8')}?session=AAAABBBBCCCCDDDD`;
  return await (await fetch(url)).text();
}
