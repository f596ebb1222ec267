import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock, type Clock } from '../../clock.ts';
import { eventually } from '../../testing/eventually.ts';
import { TestNats } from '../../testing/nats-server.ts';
import { reportBytes } from '../../testing/reports.ts';
import { scratchFolder } from '../../testing/scratch.ts';
import { sweepBuckets } from './bucket-sweep.ts';
import { Directory, type DirectoryOptions } from '../directory.ts';
import { NatsLink } from './nats-link.ts';

const PATIENCE_MS = 20_000;

describe('directory and reports on a real NATS', () => {
  let folder: ReturnType<typeof scratchFolder>;
  let nats: TestNats;
  let link: NatsLink;
  let directory: Directory;
  let base: Omit<DirectoryOptions, 'bucket' | 'replicas'>;
  let codes: unknown[];
  let others: NatsConnection[];

  beforeEach(async () => {
    folder = scratchFolder();
    nats = await TestNats.prepare(folder.path);
    codes = [];
    others = [];
    const log = pino(
      { base: null },
      { write: (line: string) => codes.push((JSON.parse(line) as { code?: string }).code) },
    );
    link = new NatsLink({ url: nats.url, clock: realClock, log });
    base = { link, clock: realClock, log, storage: 'file', isLeading: () => true } as const;
    directory = new Directory({ ...base, bucket: 'sc-x-2', replicas: 1 });
  });
  afterEach(async () => {
    directory.close();
    await link.close();
    for (const other of others) await other.close();
    await nats.stop();
    folder[Symbol.dispose]();
  });

  async function start(): Promise<void> {
    nats.start();
    link.start();
    directory.start();
    await loaded();
  }

  function loaded(): Promise<boolean> {
    return eventually('loaded', PATIENCE_MS, () => directory.isLoaded);
  }

  async function worker(): Promise<NatsConnection> {
    const other = await connect({ servers: nats.url, maxReconnectAttempts: -1 });
    others.push(other);
    return other;
  }

  async function bucket(): Promise<KV> {
    return await new Kvm(await worker()).open('sc-x-2');
  }

  function key(stream: string): string {
    return Buffer.from(stream).toString('base64url');
  }

  function entry(home: string): string {
    return JSON.stringify({
      home,
      ingest: 'w-1',
      replicas: [],
      epoch: 1,
      publishedUnixMs: 1,
      nonce: 'x',
    });
  }

  it('follows what workers write', async () => {
    await start();
    const kv = await bucket();
    await kv.create(key('live/a'), entry('w-0'));
    await kv.put(key('live/b'), entry('w-0'));
    await eventually('both', PATIENCE_MS, () => directory.streams.size === 2);
    expect(directory.streams.get('live/a')).toMatchObject({ home: 'w-0', ingest: 'w-1', epoch: 1 });
    await kv.put(key('live/a'), entry('w-2'));
    await kv.delete(key('live/b'));
    await eventually('gone', PATIENCE_MS, () => directory.streams.size === 1);
    expect(directory.streams.get('live/a')?.home).toBe('w-2');
    await kv.put(key('live/a'), 'no entry');
    await eventually('refused', PATIENCE_MS, () => directory.streams.size === 0);
  });

  it('makes the bucket so that deletions of workers may have a time', async () => {
    await start();
    const { streamInfo } = await (await bucket()).status();
    expect(streamInfo.config).toMatchObject({ allow_msg_ttl: true, storage: 'file' });
  });

  it('removes the buckets of earlier runs, and no others', async () => {
    nats.start();
    const kvm = new Kvm(
      await eventually('NATS', PATIENCE_MS, () => worker().catch(() => undefined)),
    );
    for (const name of ['sc-x-1', 'sc-y-1']) await kvm.create(name);
    link.start();
    directory.start();
    await loaded();
    await sweepBuckets({
      connection: await worker(),
      isOrphan: (name) => name !== 'sc-x-2' && name.startsWith('sc-x-'),
      log: pino({ level: 'silent' }),
    });
    const names = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const { bucket: name } of kvm.list()) found.push(name);
      return found.sort();
    };
    expect(await names()).toEqual(['sc-x-2', 'sc-y-1']);
  });

  it('waits for a NATS that comes later, and says so once', async () => {
    link.start();
    directory.start();
    await eventually('complaint', PATIENCE_MS, () => codes.includes('NATS_UNREACHABLE'));
    expect(link.isConnected).toBe(false);
    await start();
    expect(codes.filter((code) => code === 'NATS_UNREACHABLE')).toHaveLength(1);
  });

  it('hears reports, also after NATS was away, and keeps what it knew meanwhile', async () => {
    const heard: number[] = [];
    link.subscribe('sc.default.test.load.*', (payload) => heard.push(payload.length));
    await start();
    const sender = await worker();
    const kv = await new Kvm(sender).open('sc-x-2');
    await kv.put(key('live/a'), entry('w-0'));
    await eventually('entry', PATIENCE_MS, () => directory.streams.size === 1);
    const say = (): void => sender.publish('sc.default.test.load.w-0', reportBytes('w-0'));
    await eventually('report', PATIENCE_MS, () => {
      say();
      return heard.length > 0;
    });
    await nats.stop();
    await eventually('lost', PATIENCE_MS, () => !link.isConnected);
    expect(directory.streams.size).toBe(1);
    nats.start();
    await eventually('back', PATIENCE_MS, () => link.isConnected);
    heard.length = 0;
    await eventually('report again', PATIENCE_MS, () => {
      say();
      return heard.length > 0;
    });
    expect(directory.streams.get('live/a')?.home).toBe('w-0');
  });

  it('makes a bucket that stores nothing anew, at once and with its copies and storage', async () => {
    const due = new Set<() => void>();
    const clock: Clock = {
      nowMs: () => realClock.nowMs(),
      unixMs: () => realClock.unixMs(),
      setTimer: (_delayMs, callback) => {
        due.add(callback);
        return { clear: () => void due.delete(callback) };
      },
    };
    directory = new Directory({ ...base, bucket: 'sc-x-2', replicas: 1, clock, storage: 'memory' });
    await start();
    const manager = await jetstreamManager(await worker());
    const before = await manager.streams.info('KV_sc-x-2');
    await manager.streams.update('KV_sc-x-2', {
      ...before.config,
      sealed: true,
    } as typeof before.config);
    for (let look = 0; look < 3; look += 1) {
      await eventually('the look before', PATIENCE_MS, () => due.size > 0);
      const looks = [...due];
      due.clear();
      for (const one of looks) one();
    }
    await eventually('another bucket', PATIENCE_MS, async () => {
      const now = await manager.streams.info('KV_sc-x-2').catch(() => undefined);
      return now !== undefined && now.created !== before.created && now.config.storage === 'memory';
    });
    expect(codes.filter((code) => code === 'NATS_REFUSED')).toHaveLength(1);
  });

  it('makes the bucket anew when its data is gone, and follows that', async () => {
    await start();
    const sender = await worker();
    await (await new Kvm(sender).open('sc-x-2')).put(key('live/a'), entry('w-0'));
    await eventually('entry', PATIENCE_MS, () => directory.streams.size === 1);
    await nats.wipe();
    await eventually('empty', PATIENCE_MS, () => directory.streams.size === 0);
    // The worker's own connection may be back later.
    await eventually('written', PATIENCE_MS, async () => {
      const kv = await new Kvm(sender).open('sc-x-2');
      return await kv.put(key('live/b'), entry('w-0')).catch(() => undefined);
    });
    await eventually('new entry', PATIENCE_MS, () => directory.streams.has('live/b'));
  });
});
