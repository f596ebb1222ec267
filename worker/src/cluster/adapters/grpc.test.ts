import { credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import {
  ConfigureRequest,
  DrainRequest,
  ListStreamsRequest,
  OperatorServiceService,
  PlaceResponse,
  ServeOutcome,
  ServeRequest,
  UndrainRequest,
  WorkerServiceClient,
  type OperatorServiceServer,
  type ServeResponse,
} from '@streamcluster/proto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { streamName } from '../../media/stream-name.ts';
import { noSessions } from '../testing/no-sessions.ts';
import { Sim, type SimWorker } from '../testing/sim.ts';
import { GrpcControlServer } from './grpc-control.ts';
import { GrpcPeers } from './grpc-peers.ts';

const NAME = streamName('live', 'news')!;
const log = pino({ enabled: false });
const counters = { count: (): void => undefined };
const CLUSTER = { namespace: 'media', cluster: 'live' };

/** The callback of a unary call as a promise. */
function answerOf<Response>(
  call: (callback: (error: Error | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => (error === null ? resolve(response) : reject(error)));
  });
}

describe('control by gRPC', () => {
  let worker: SimWorker;
  let server: GrpcControlServer;
  let address: string;
  let client: WorkerServiceClient;
  const peers = new GrpcPeers({ ...CLUSTER, operator: undefined });

  beforeAll(async () => {
    const sim = new Sim();
    worker = (await sim.add('w-a'))[0]!;
    const publisher = await worker.publish(NAME);
    await sim.run(200);
    publisher.lose();
    const control = (): typeof worker.cluster.control => worker.cluster.control;
    const base = { control, sessions: noSessions, log, counters, host: '127.0.0.1' };
    server = new GrpcControlServer({ ...base, worker: 'w-a', port: 0 });
    address = `127.0.0.1:${await server.start()}`;
    client = new WorkerServiceClient(address, credentials.createInsecure());
  });
  afterAll(async () => {
    client.close();
    peers.close();
    await server.stop();
  });

  it('says when its port is taken', async () => {
    const port = Number(address.split(':')[1]);
    const control = (): typeof worker.cluster.control => worker.cluster.control;
    const base = { control, sessions: noSessions, log, counters, host: '127.0.0.1' };
    const second = new GrpcControlServer({ ...base, worker: 'w', port });
    await expect(second.start()).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    await second.stop();
  });

  it('lists streams', async () => {
    const answer = await answerOf<{ worker: string; streams: { name: string }[] }>((callback) =>
      client.listStreams(ListStreamsRequest.fromPartial({}), callback),
    );
    expect(answer).toMatchObject({ worker: 'w-a', streams: [{ name: 'live/news' }] });
  });

  it('configures, with sane bounds', async () => {
    const request = ConfigureRequest.fromPartial({
      version: 3n,
      placementPolicy: 'TwoChoices',
      streams: { publisherGraceSeconds: 7, maxLagSeconds: 0, hls: { segmentSeconds: 0 } },
    });
    const answer = await answerOf<{ appliedVersion: bigint }>((callback) =>
      client.configure(request, callback),
    );
    expect(answer.appliedVersion).toBe(3n);
    expect(worker.settings.streams).toEqual({
      publisherGraceSeconds: 7,
      maxLagSeconds: 1,
      waitForPublisherSeconds: 0,
      hls: { segmentSeconds: 1, segments: 3 },
    });
  });

  it('changes who serves a stream, and tells how it is then', async () => {
    const request = ServeRequest.fromPartial({ stream: 'live/none', epoch: 1n, home: 'w-a' });
    const answer = await answerOf<ServeResponse>((callback) => client.serve(request, callback));
    expect(answer).toMatchObject({ outcome: ServeOutcome.SERVE_OUTCOME_NOT_INGEST, home: '' });
    const held = ServeRequest.fromPartial({ ...request, stream: NAME.key, home: 'w-none' });
    expect(await answerOf<ServeResponse>((callback) => client.serve(held, callback))).toMatchObject(
      {
        outcome: ServeOutcome.SERVE_OUTCOME_INVALID,
        ...{ epoch: 1n, home: 'w-a', replicas: [], ingestWorker: 'w-a', notReady: [] },
      },
    );
    const call = { stream: NAME.key, epoch: 1, home: 'w-a', replicas: [], reason: 'Test' };
    expect(await peers.serve(address, call)).toBe('unchanged');
  });

  it('prepares a worker, or says why not', async () => {
    const call = { stream: NAME.key, epoch: 2, ingestWorker: 'w-b', home: 'w-a', replicas: [] };
    expect(await peers.prepare(address, call)).toBe('newer-epoch');
  });

  it('assigns and releases between workers', async () => {
    await peers.assign(address, { stream: NAME.key, epoch: 1, ingestWorker: 'w-b' });
    const call = { stream: NAME.key, epoch: 1, newIngestWorker: 'w-b' };
    const answer = await peers.release(address, call);
    expect(answer.isReleased).toBe(true);
    expect(JSON.parse(Buffer.from(answer.continuation).toString())).toHaveProperty('incarnation');
  });

  it('drains and takes it back', async () => {
    const plan = DrainRequest.fromPartial({ deadlineSeconds: 5, reason: 'Command' });
    await answerOf((callback) => client.drain(plan, callback));
    expect(worker.drainEvents[0]).toBe('draining');
    await answerOf((callback) => client.undrain(UndrainRequest.fromPartial({}), callback));
  });

  it('fails in time when nobody answers', async () => {
    const call = { stream: NAME.key, epoch: 1, newIngestWorker: 'w-b' };
    const before = performance.now();
    await expect(peers.release('127.0.0.1:1', call)).rejects.toMatchObject({
      code: 'PEER_UNREACHABLE',
    });
    expect(performance.now() - before).toBeLessThan(1_500);
    await expect(peers.place('live/x', 'w-a')).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
  });
});

describe('placing by gRPC', () => {
  const server = new Server();
  let address: string;

  beforeAll(async () => {
    const service: OperatorServiceServer = {
      place: (call, callback) => {
        // One stream is never answered.
        if (call.request.stream === 'live/silence') return;
        expect(call.request).toMatchObject(CLUSTER);
        callback(null, PlaceResponse.fromPartial({ homeWorker: 'w-b', policy: 'Random' }));
      },
    };
    server.addService(OperatorServiceService, service);
    const port = await answerOf<number>((callback) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), callback);
    });
    address = `127.0.0.1:${port}`;
  });
  afterAll(() => server.forceShutdown());

  it('is connected before it is asked, and again after the operator was away', async () => {
    const sockets = new Set<Socket>();
    const listener = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
      // HTTP/2's first words: empty settings.
      socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    const peers = new GrpcPeers({ ...CLUSTER, operator: `127.0.0.1:${port}` });
    peers.start();
    await expect.poll(() => sockets.size).toBe(1);
    const [first] = sockets;
    first!.destroy();
    await expect.poll(() => sockets.size === 1 && !sockets.has(first!)).toBe(true);
    peers.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => listener.close(resolve));
  });

  it('answers with the home, or fails after 300 ms', async () => {
    const peers = new GrpcPeers({ ...CLUSTER, operator: address });
    expect(await peers.place('live/news', 'w-a')).toBe('w-b');
    const before = performance.now();
    await expect(peers.place('live/silence', 'w-a')).rejects.toMatchObject({
      code: 'PEER_UNREACHABLE',
    });
    expect(performance.now() - before).toBeLessThan(800);
    peers.close();
  });
});
