import { credentials } from '@grpc/grpc-js';
import {
  ConfigureRequest,
  DrainRequest,
  UndrainRequest,
  WorkerServiceClient,
} from '@streamcluster/proto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NatsServer } from '../cluster/testing/nats-server.ts';
import { RealWorker, waitFor } from './testing/real-worker.ts';
import { RtmpPublisher } from './testing/rtmp-publisher.ts';

const TIMEOUT_MS = 90_000;

describe('a worker that is asked to end', { timeout: TIMEOUT_MS }, () => {
  let nats: NatsServer;
  let worker: RealWorker;
  let client: WorkerServiceClient;

  beforeAll(async () => {
    nats = await NatsServer.start();
  }, TIMEOUT_MS);
  afterAll(async () => await nats.close());
  afterEach(async () => {
    client.close();
    await worker.stop();
  });

  async function start(flags: Record<string, string>): Promise<void> {
    worker = new RealWorker('w-0', { nats: nats.url, bucket: 'drain', ...flags });
    await worker.ready();
    const address = `127.0.0.1:${worker.port('grpcPort')}`;
    client = new WorkerServiceClient(address, credentials.createInsecure());
  }

  async function readiness(): Promise<number> {
    return (await fetch(worker.adminUrl('readyz'))).status;
  }

  async function isOpen(): Promise<boolean> {
    const socket = connect(worker.port('rtmpPort'), '127.0.0.1');
    const isConnected = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    return isConnected;
  }

  /** Milliseconds from SIGTERM to an exit with 0. */
  async function endsAfter(): Promise<number> {
    const beforeMs = performance.now();
    worker.signal('SIGTERM');
    expect(await worker.exited()).toBe(0);
    return performance.now() - beforeMs;
  }

  it('keeps its doors open for the linger, without being ready when it is empty', async () => {
    await start({ 'drain-linger-seconds': '4' });
    const ended = endsAfter();
    await worker.logged('drain started');
    expect([await isOpen(), await readiness()]).toEqual([true, 503]);
    expect((await fetch(worker.adminUrl('healthz'))).status).toBe(200);
    expect(await ended).toBeGreaterThan(3_900);
    expect(worker.line('drain done')).toBeDefined();
  });

  it('stays ready while somebody is here, and sends publishers away when nobody new comes', async () => {
    await start({ 'drain-linger-seconds': '3', 'drain-publisher-grace-seconds': '6' });
    const publisher = await RtmpPublisher.start(worker.port('rtmpPort'), 'live', 'news');
    await worker.logged('publication opened');
    const ended = endsAfter();
    await worker.logged('drain started');
    expect([await isOpen(), await readiness()]).toEqual([true, 200]);
    await waitFor('the doors to close', async () => ((await isOpen()) ? undefined : true));
    expect([publisher.isClosed, await readiness()]).toEqual([false, 200]);
    expect(await ended).toBeGreaterThan(5_900);
    expect(publisher.isClosed).toBe(true);
  });

  it('goes by what it was configured with, not longer than what it was started with', async () => {
    await start({ 'drain-deadline-seconds': '2', 'drain-linger-seconds': '0' });
    const drain = { deadlineSeconds: 600, publisherGraceSeconds: 1, lingerSeconds: 30 };
    const request = ConfigureRequest.fromPartial({ version: 1n, drain });
    await new Promise((resolve) => client.configure(request, resolve));
    const tookMs = await endsAfter();
    expect(tookMs).toBeGreaterThan(1_900);
    expect(tookMs).toBeLessThan(25_000);
    expect(worker.line('drain deadline passed')).toBeDefined();
  });

  it('is back when the drain is taken back', async () => {
    await start({});
    const request = DrainRequest.fromPartial({
      deadlineSeconds: 60,
      lingerSeconds: 30,
      reason: 'NodeCordon',
    });
    await new Promise((resolve) => client.drain(request, resolve));
    expect(await readiness()).toBe(503);
    await new Promise((resolve) => client.undrain(UndrainRequest.create(), resolve));
    expect([await isOpen(), await readiness()]).toEqual([true, 200]);
  });

  it('ends at once when it is asked a second time', async () => {
    await start({ 'drain-linger-seconds': '30' });
    const ended = endsAfter();
    await waitFor('the drain', () => worker.line('drain started'));
    worker.signal('SIGTERM');
    expect(await ended).toBeLessThan(20_000);
  });
});
