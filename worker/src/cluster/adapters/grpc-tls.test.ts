import { credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { DrainRequest, ReleaseRequest, WorkerServiceClient } from '@streamcluster/proto';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { streamName } from '../../media/stream-name.ts';
import { ManualClock } from '../../stream/clock.ts';
import { WorkerCredentials } from '../../wiring/worker-credentials.ts';
import { noSessions } from '../testing/no-sessions.ts';
import { CredentialsVolume, TestAuthority, type KeyPair } from '../../engine/testing/pki.ts';
import { Sim, type SimWorker } from '../testing/sim.ts';
import { GrpcControlServer } from './grpc-control.ts';
import { GrpcPeers } from './grpc-peers.ts';

const log = pino({ enabled: false });
const OWN = { namespace: 'media', cluster: 'live' };
const OPERATOR = 'operator.streamcluster.internal';
const WORKERS = 'workers.live.media.streamcluster.internal';
const RELEASE = { stream: streamName('live', 'news')!.key, epoch: 1, newIngestWorker: 'w-b' };

type Client = WorkerServiceClient;

/** Codes of a call: of the gRPC status, 0 for an answer. */
function statusOf(
  call: (callback: (error: ServiceError | null) => void) => unknown,
): Promise<number> {
  return new Promise((resolve) => {
    call((error) => resolve(error?.code ?? status.OK));
  });
}

describe('control over mTLS', () => {
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let volume: CredentialsVolume;
  let own: WorkerCredentials;
  let server: GrpcControlServer;
  let worker: SimWorker;
  let address: string;
  let clients: Client[] = [];
  const clock = new ManualClock();
  const counted: string[] = [];
  const counters = { count: (code: string): void => void counted.push(code) };

  beforeAll(async () => {
    authority = new TestAuthority('one');
    stranger = new TestAuthority('two');
    volume = new CredentialsVolume();
    volume.writeTls(authority.certificate, authority.issue('live-0-1.x', WORKERS));
    own = credentialsIn(volume);
    worker = (await new Sim().add('w-a'))[0]!;
    const control = (): typeof worker.cluster.control => worker.cluster.control;
    const sessions = noSessions;
    const base = { worker: 'w-a', control, sessions, log, counters, host: '127.0.0.1', port: 0 };
    server = new GrpcControlServer({ ...base, security: own.security });
    address = `127.0.0.1:${await server.start()}`;
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await server.stop();
    own.close();
    for (const each of [authority, stranger, volume]) each.close();
  });
  beforeEach(() => {
    for (const client of clients) client.close();
    clients = [];
    counted.length = 0;
  });

  function credentialsIn({ folder }: CredentialsVolume): WorkerCredentials {
    const base = { clock, log, counters, id: 'live-0-1', credentialsDir: folder };
    const made = new WorkerCredentials({ ...OWN, ...base });
    made.start();
    return made;
  }

  function clientWith(
    { certificate, key }: KeyPair,
    ca = authority.certificate,
    name = WORKERS,
  ): Client {
    const pem = [ca, key, certificate].map((text) => Buffer.from(text));
    const channel = credentials.createSsl(pem[0], pem[1], pem[2]);
    const client = new WorkerServiceClient(address, channel, {
      'grpc.ssl_target_name_override': name,
    });
    clients.push(client);
    return client;
  }

  const deadline = (): { deadline: number } => ({ deadline: Date.now() + 3_000 });
  const drain = (client: Client): Promise<number> =>
    statusOf((done) =>
      client.drain(DrainRequest.create({ deadlineSeconds: 60 }), new Metadata(), deadline(), done),
    );
  const release = (client: Client): Promise<number> =>
    statusOf((done) =>
      client.release(
        ReleaseRequest.fromPartial({ ...RELEASE, epoch: 1n }),
        new Metadata(),
        deadline(),
        done,
      ),
    );

  it('answers the operator everything, a worker of its cluster little, others nothing', async () => {
    const ofWorker = clientWith(authority.issue('live-1-1.x', WORKERS));
    expect([await release(ofWorker), await drain(ofWorker)]).toEqual([
      status.OK,
      status.PERMISSION_DENIED,
    ]);
    const other = clientWith(authority.issue('workers.live.other.streamcluster.internal'));
    expect([await release(other), await drain(other)]).toEqual([
      status.PERMISSION_DENIED,
      status.PERMISSION_DENIED,
    ]);
    expect(counted).toEqual(['PEER_REFUSED', 'PEER_REFUSED', 'PEER_REFUSED']);
    expect(worker.drainEvents).toEqual([]);
    const operator = clientWith(authority.issue(OPERATOR));
    expect([await release(operator), await drain(operator)]).toEqual([status.OK, status.OK]);
    expect(worker.drainEvents[0]).toBe('draining');
  });

  it('speaks with nobody of another CA, without a certificate, or without TLS', async () => {
    const strange = clientWith(stranger.issue(OPERATOR));
    expect(await drain(strange)).toBe(status.UNAVAILABLE);
    const anonymous = new WorkerServiceClient(
      address,
      credentials.createSsl(Buffer.from(authority.certificate)),
      { 'grpc.ssl_target_name_override': WORKERS },
    );
    const plain = new WorkerServiceClient(address, credentials.createInsecure());
    clients.push(anonymous, plain);
    expect([await drain(anonymous), await drain(plain)]).toEqual([
      status.UNAVAILABLE,
      status.UNAVAILABLE,
    ]);
  });

  it('calls workers of its own cluster only, by name whatever the address', async () => {
    const peers = new GrpcPeers({ ...OWN, credentials: own.channel });
    await expect(peers.release(address, RELEASE)).resolves.toMatchObject({ isReleased: true });
    peers.close();
    const elsewhere = new GrpcPeers({ ...OWN, cluster: 'other', credentials: own.channel });
    await expect(elsewhere.release(address, RELEASE)).rejects.toMatchObject({
      code: 'PEER_UNREACHABLE',
    });
    elsewhere.close();
  });

  it('goes through a rotation of the CA without losing a connection', async () => {
    const next = new TestAuthority('next');
    const peers = new GrpcPeers({ ...OWN, credentials: own.channel });
    const early = clientWith(authority.issue(OPERATOR));
    expect(await release(early)).toBe(status.OK);
    await peers.release(address, RELEASE);
    // Both are believed, then the own certificate is of the new one, then only that is.
    const both = authority.certificate + next.certificate;
    volume.writeTls(both, authority.issue('live-0-1.x', WORKERS));
    clock.advance(10_000);
    const renewed = next.issue('live-0-1.x', WORKERS);
    volume.writeTls(both, renewed);
    clock.advance(10_000);
    expect(await release(clientWith(next.issue(OPERATOR), next.certificate))).toBe(status.OK);
    expect(await release(clientWith(authority.issue(OPERATOR), both))).toBe(status.OK);
    volume.writeTls(next.certificate, renewed);
    clock.advance(10_000);
    const late = clientWith(authority.issue(OPERATOR), both);
    expect(await release(late)).toBe(status.UNAVAILABLE);
    // Who was connected before is not cut.
    expect(await release(early)).toBe(status.OK);
    await expect(peers.release(address, RELEASE)).resolves.toMatchObject({ isReleased: true });
    const fresh = new GrpcPeers({ ...OWN, credentials: own.channel });
    await expect(fresh.release(address, RELEASE)).resolves.toMatchObject({ isReleased: true });
    for (const each of [peers, fresh]) each.close();
    next.close();
  });
});
