import { credentials } from '@grpc/grpc-js';
import { AcceptRequest, WorkerServiceClient } from '@streamcluster/proto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NatsServer } from '../cluster/testing/nats-server.ts';
import { RealWorker, waitFor } from './testing/real-worker.ts';

const TIMEOUT_MS = 90_000;
const HEAD = 'GET /live/none.flv HTTP/1.1\r\nHost: x\r\n\r\n';

describe('a worker that newcomers are kept from', { timeout: TIMEOUT_MS }, () => {
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

  async function start(): Promise<void> {
    const flags = { nats: nats.url, bucket: 'steering', 'public-http': '127.0.0.1:0' };
    worker = new RealWorker('w-0', flags);
    await worker.ready();
    const address = `127.0.0.1:${worker.port('grpcPort')}`;
    client = new WorkerServiceClient(address, credentials.createInsecure());
  }

  async function accept(accepting: boolean, forSeconds = 0): Promise<void> {
    const request = AcceptRequest.fromPartial({ accepting, forSeconds });
    await new Promise((resolve) => client.accept(request, resolve));
  }

  async function connected(port: number): Promise<Socket | undefined> {
    const socket = connect(port, '127.0.0.1');
    const isConnected = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    return isConnected ? socket : undefined;
  }

  async function isOpen(name: 'rtmpPort' | 'httpPort' | 'ownHttpPort'): Promise<boolean> {
    const socket = await connected(worker.port(name));
    socket?.destroy();
    return socket !== undefined;
  }

  it('closes what it shares, keeps its own port and whoever is here, until it is told', async () => {
    await start();
    const socket = await connected(worker.port('httpPort'));
    await accept(false, 60);
    expect([await isOpen('rtmpPort'), await isOpen('httpPort')]).toEqual([false, false]);
    expect(await isOpen('ownHttpPort')).toBe(true);
    // A connection that was there is served, and stays open for the next request.
    for (let i = 0; i < 2; i += 1) {
      const answered = once(socket!, 'data');
      socket?.write(HEAD);
      const answer = String((await answered)[0]);
      expect(answer).toContain('HTTP/1.1 404');
      expect(answer.toLowerCase()).not.toContain('connection: close');
    }
    socket?.destroy();
    await accept(true);
    expect([await isOpen('rtmpPort'), await isOpen('httpPort')]).toEqual([true, true]);
  });

  it('opens again by itself', async () => {
    await start();
    await accept(false, 1);
    expect(await isOpen('httpPort')).toBe(false);
    await waitFor('it is open', async () => ((await isOpen('httpPort')) ? true : undefined));
  });
});
