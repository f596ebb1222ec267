import { credentials as grpcCredentials, type ChannelCredentials } from '@grpc/grpc-js';
import { ConfigureRequest, OperatorServiceClient, type PlaceResponse } from '@streamcluster/proto';
import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { GrpcWorkerControl } from '../control/worker-control.ts';
import type { Placer } from '../place/placer.ts';
import { PlaceServer } from '../place/adapters/server.ts';
import type { Authority, AuthorityView } from './authority.ts';
import { isOperator, isWorkerOf } from './authorise.ts';
import { OPERATOR_NAME, workersName } from './names.ts';
import { OperatorCertificate } from './operator-certificate.ts';
import type { SecretData } from './secret-store.ts';
import { called, calledAnew, ownClient, TlsWorker } from './testing/mtls.ts';
import { AuthorityRig, LIVE, MINUTE_MS, SHORT_TIMES, silent } from './testing/rig.ts';
import { makeWorkerSecret, workerSecretFault } from './worker-secret.ts';

const LIVE_NAME = workersName(LIVE.namespace, LIVE.cluster);
/** A kubelet may take so long until a pod sees a changed Secret. */
const LAG_TICKS = 3;
/** No shorter than that, or calls fail. */
const TIMES = { ...SHORT_TIMES, overlapMs: 3 * MINUTE_MS };

interface Pod {
  readonly name: string;
  readonly worker: TlsWorker;
  secret: SecretData | undefined;
  readonly onTheWay: { readonly atTick: number; readonly secret: SecretData }[];
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function placeServer(certificate: OperatorCertificate): Promise<string> {
  const placer = { place: () => ({ worker: 'live-0-1', policy: 'Random', reason: 'Drawn' }) };
  const server = new PlaceServer({
    placerOf: () => placer as unknown as Placer,
    isLeading: () => true,
    log: silent,
    onPlaced: () => undefined,
    credentials: { server: certificate.server, authorise: isWorkerOf },
  });
  closers.push(() => server.close());
  return `127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
}

function place(
  address: string,
  channel: ChannelCredentials,
  cluster = LIVE.cluster,
): Promise<PlaceResponse> {
  const client = new OperatorServiceClient(address, channel, {
    // Nothing is overridden where nothing is encrypted.
    ...(channel._isSecure() && { 'grpc.ssl_target_name_override': OPERATOR_NAME }),
    'grpc.use_local_subchannel_pool': 1,
  });
  const request = { stream: 'live/a', ingestWorker: 'live-0-1', ...LIVE, cluster };
  return new Promise<PlaceResponse>((resolve, reject) => {
    client.place(request, (error, answer) => {
      if (error === null) resolve(answer);
      else reject(error);
    });
  }).finally(() => client.close());
}

/** A leader that writes Secrets, an operator that stands by, workers that lag. */
class World {
  readonly rig = new AuthorityRig();
  readonly pods: Pod[] = [];
  readonly leader = {
    authority: this.rig.authority(TIMES),
    certificate: new OperatorCertificate(silent),
  };
  readonly standby = {
    authority: this.rig.authority(TIMES),
    certificate: new OperatorCertificate(silent),
  };
  private tick = 0;

  async add(name: string): Promise<Pod> {
    const pod: Pod = { name, worker: new TlsWorker(), secret: undefined, onTheWay: [] };
    this.pods.push(pod);
    await pod.worker.listen();
    closers.push(() => pod.worker.close());
    return pod;
  }

  async step(nowMs: number): Promise<AuthorityView> {
    this.tick += 1;
    const { authority, certificate } = this.leader;
    const view = await authority.step(nowMs, this.areLeavesCurrent(authority, nowMs));
    await certificate.refresh(view, nowMs);
    for (const pod of this.pods) await this.reconcile(pod, view, nowMs);
    if (this.tick % 3 === 1) {
      await this.standby.certificate.refresh(await this.standby.authority.step(nowMs), nowMs);
    }
    return view;
  }

  private areLeavesCurrent({ view }: Authority, nowMs: number): boolean | undefined {
    return view && this.pods.every((pod) => faultOf(pod, view, nowMs) === undefined);
  }

  private async reconcile(pod: Pod, view: AuthorityView, nowMs: number): Promise<void> {
    if (faultOf(pod, view, nowMs) !== undefined) {
      const atTick = pod.secret === undefined ? this.tick : this.tick + LAG_TICKS;
      pod.secret = await makeWorkerSecret(inputOf(pod, view, nowMs));
      pod.onTheWay.push({ atTick, secret: pod.secret });
    }
    while (pod.onTheWay[0] !== undefined && pod.onTheWay[0].atTick <= this.tick) {
      pod.worker.read(pod.onTheWay.shift()!.secret);
    }
  }
}

const inputOf = ({ name }: Pod, view: AuthorityView, nowMs: number) => ({
  identity: { ...LIVE, pod: name },
  view,
  nats: { kind: 'none' } as const,
  nowMs,
});
const faultOf = (pod: Pod, view: AuthorityView, nowMs: number) =>
  workerSecretFault(pod.secret, inputOf(pod, view, nowMs));
const serialOf = (secret: SecretData): string =>
  new X509Certificate(secret['tls.crt']!).serialNumber;

describe('rotation under live connections', () => {
  it('fails no call, old or new, in any phase of two rotations', async () => {
    const world = new World();
    const startMs = Date.now();
    const one = await world.add('live-0-1');
    const two = await world.add('live-1-1');
    await world.step(startMs);
    const { leader, standby } = world;
    const control = new GrpcWorkerControl({
      channel: leader.certificate.channel,
      serverName: LIVE_NAME,
    });
    const kept = ownClient(one.worker.address, leader.certificate.channel);
    closers.push(
      () => control.close(),
      () => kept.close(),
    );
    const operators = [
      await placeServer(leader.certificate),
      await placeServer(standby.certificate),
    ];
    const firstSerial = serialOf(one.secret!);
    const phases = new Set<string>();
    const leaves = new Set<string>();
    const signers = new Set<string>();
    for (let minute = 1; minute <= 55; minute += 1) {
      const { phase, signer } = await world.step(startMs + minute * MINUTE_MS);
      phases.add(phase);
      signers.add(signer.certificate.serialNumber);
      expect(await called(kept)).toBe(firstSerial);
      const version = ConfigureRequest.fromPartial({ version: 7n });
      expect(await control.configure(two.worker.address, version)).toBe(7n);
      leaves.add(await calledAnew(one.worker.address, leader.certificate.channel));
      await calledAnew(two.worker.address, standby.certificate.channel);
      await calledAnew(two.worker.address, one.worker.channel);
      await place(operators[minute % 2]!, one.worker.channel);
    }
    expect([...phases].sort()).toEqual(['introduced', 'steady', 'switched']);
    expect(signers.size).toBe(3);
    expect(leaves.size).toBeGreaterThan(5);
    expect(world.rig.events.filter((event) => event === 'dropped')).toHaveLength(2);
  }, 180_000);

  it('cuts nobody when the Secret of the CA is deleted', async () => {
    const world = new World();
    const startMs = Date.now();
    const one = await world.add('live-0-1');
    await world.step(startMs);
    const { leader } = world;
    const before = leader.authority.view!.signer.certificate.serialNumber;
    world.rig.remove();
    for (let minute = 1; minute <= 20; minute += 1) {
      await world.step(startMs + minute * MINUTE_MS);
      await calledAnew(one.worker.address, leader.certificate.channel);
    }
    expect(world.rig.events).toContain('lost');
    expect(leader.authority.view!.phase).toBe('steady');
    expect(leader.authority.view!.signer.certificate.serialNumber).not.toBe(before);
  }, 90_000);
});

describe('who is refused', () => {
  async function started(nowMs = Date.now()): Promise<{ world: World; pod: Pod }> {
    const world = new World();
    const pod = await world.add('live-0-1');
    await world.step(nowMs);
    return { world, pod };
  }

  /** A worker with the certificate of any identity, of any time. */
  async function other(view: AuthorityView, cluster: string, nowMs: number): Promise<TlsWorker> {
    const worker = new TlsWorker();
    const identity = { ...LIVE, cluster, pod: `${cluster}-0-1` };
    worker.read(await makeWorkerSecret({ identity, view, nowMs, nats: { kind: 'none' } }));
    await worker.listen();
    closers.push(() => worker.close());
    return worker;
  }

  it('a worker of another cluster, as server and as caller', async () => {
    const { world } = await started();
    const { authority, certificate } = world.leader;
    const stranger = await other(authority.view!, 'other', Date.now());
    await expect(calledAnew(stranger.address, certificate.channel)).rejects.toThrow(/altnames/i);
    const operator = await placeServer(certificate);
    await expect(place(operator, stranger.channel)).rejects.toThrow('CREDENTIALS_REFUSED');
    await expect(place(operator, certificate.channel)).rejects.toThrow('CREDENTIALS_REFUSED');
    await expect(place(operator, stranger.channel, 'other')).resolves.toMatchObject({
      homeWorker: 'live-0-1',
    });
  });

  it('a worker that says that it is an operator', async () => {
    const { world, pod } = await started();
    const call = calledAnew(pod.worker.address, world.leader.certificate.channel, OPERATOR_NAME);
    await expect(call).rejects.toThrow(/altnames/i);
  });

  it('a certificate that is over, as server and as caller', async () => {
    const { world, pod } = await started();
    const { authority, certificate } = world.leader;
    const late = await other(authority.view!, LIVE.cluster, Date.now() - 20 * MINUTE_MS);
    await expect(calledAnew(late.address, certificate.channel)).rejects.toThrow(/expired/i);
    await expect(calledAnew(pod.worker.address, late.channel)).rejects.toThrow('UNAVAILABLE');
    const operator = await placeServer(certificate);
    await expect(place(operator, late.channel)).rejects.toThrow('UNAVAILABLE');
  });

  it('a certificate of a time to come', async () => {
    const { world } = await started();
    const { authority, certificate } = world.leader;
    const early = await other(authority.view!, LIVE.cluster, Date.now() + 61 * MINUTE_MS);
    await expect(calledAnew(early.address, certificate.channel)).rejects.toThrow(/not yet valid/i);
  });

  it('whoever has a certificate of another CA, or none', async () => {
    const { world, pod } = await started();
    const stranger = await started();
    const { certificate } = world.leader;
    const { channel } = stranger.world.leader.certificate;
    await expect(calledAnew(pod.worker.address, channel)).rejects.toThrow('UNAVAILABLE');
    const call = calledAnew(stranger.pod.worker.address, certificate.channel);
    await expect(call).rejects.toThrow(/self-signed|verify/i);
    const operator = await placeServer(certificate);
    const anonymous = grpcCredentials.createSsl(Buffer.from(pod.secret!['ca.crt']!));
    await expect(place(operator, anonymous)).rejects.toThrow('UNAVAILABLE');
    await expect(place(operator, grpcCredentials.createInsecure())).rejects.toThrow('UNAVAILABLE');
    await expect(place(operator, pod.worker.channel)).resolves.toMatchObject({ policy: 'Random' });
  });

  it('everybody, before an operator has a certificate; not after', async () => {
    const { world, pod } = await started();
    const certificate = new OperatorCertificate(silent);
    const operator = await placeServer(certificate);
    await expect(place(operator, pod.worker.channel)).rejects.toThrow('UNAVAILABLE');
    await certificate.refresh(world.leader.authority.view!, Date.now());
    await expect(place(operator, pod.worker.channel)).resolves.toMatchObject({ policy: 'Random' });
  });
});

describe('who calls', () => {
  it('is known by the certificate', () => {
    const call = (subjectaltname?: string) => ({
      getAuthContext: () =>
        subjectaltname === undefined ? {} : { sslPeerCertificate: { subjectaltname } as never },
    });
    expect(isWorkerOf(call(), LIVE)).toBe(false);
    expect(isOperator(call(''))).toBe(false);
    expect(isOperator(call(`DNS:${OPERATOR_NAME}`))).toBe(true);
    expect(isWorkerOf(call(`DNS:a.b, DNS:${LIVE_NAME}`), LIVE)).toBe(true);
    expect(isWorkerOf(call(`DNS:x${LIVE_NAME}`), LIVE)).toBe(false);
    expect(isWorkerOf(call(`URI:${LIVE_NAME}`), LIVE)).toBe(false);
    expect(isWorkerOf(call(`DNS:"a, DNS:${LIVE_NAME}, b"`), LIVE)).toBe(false);
  });
});
