import { credentials, Server, ServerCredentials, status, type ServiceError } from '@grpc/grpc-js';
import {
  ConfigureRequest,
  OperatorServiceService,
  PlaceResponse,
  WorkerServiceClient,
  type OperatorServiceServer,
  type PlaceRequest,
} from '@streamcluster/proto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CredentialsVolume, TestAuthority, type KeyPair } from '../engine/testing/pki.ts';
import { NatsServer } from '../cluster/testing/nats-server.ts';
import { RealWorker, waitFor } from './testing/real-worker.ts';
import { RtmpPublisher } from './testing/rtmp-publisher.ts';

const TIMEOUT_MS = 90_000;
const OPERATOR = 'operator.streamcluster.internal';
const WORKERS = 'workers.live.media.streamcluster.internal';

interface Asked {
  readonly request: PlaceRequest;
  readonly names: string | undefined;
}

describe('a worker with a folder of credentials', { timeout: TIMEOUT_MS }, () => {
  let nats: NatsServer;
  let authority: TestAuthority;
  let volume: CredentialsVolume;
  let operator: Server;
  let operatorPort: number;
  let worker: RealWorker;
  let publisher: RtmpPublisher | undefined;
  const asked: Asked[] = [];

  beforeAll(async () => {
    nats = await NatsServer.start();
    authority = new TestAuthority('test');
    volume = new CredentialsVolume();
    volume.writeTls(authority.certificate, authority.issue('w-0.live.media.test', WORKERS));
    operator = new Server();
    const service: OperatorServiceServer = {
      place: (call, callback) => {
        const { sslPeerCertificate } = call.getAuthContext();
        asked.push({ request: call.request, names: sslPeerCertificate?.subjectaltname });
        callback(null, PlaceResponse.fromPartial({ homeWorker: 'w-0', policy: 'Random' }));
      },
    };
    operator.addService(OperatorServiceService, service);
    const [ca, key, certificate] = pems(authority.issue(OPERATOR));
    const pair = { private_key: key!, cert_chain: certificate! };
    operatorPort = await new Promise((resolve, reject) => {
      const server = ServerCredentials.createSsl(ca!, [pair], true);
      operator.bindAsync('127.0.0.1:0', server, (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
  }, TIMEOUT_MS);
  afterEach(async () => {
    publisher?.close();
    await worker.stop();
  });
  afterAll(async () => {
    operator.forceShutdown();
    for (const each of [volume, authority]) each.close();
    await nats.close();
  });

  function pems({ certificate, key }: KeyPair): Buffer[] {
    return [authority.certificate, key, certificate].map((pem) => Buffer.from(pem));
  }

  function start(): RealWorker {
    return new RealWorker('w-0', {
      namespace: 'media',
      cluster: 'live',
      nats: nats.url,
      operator: `127.0.0.1:${operatorPort}`,
      'credentials-dir': volume.folder,
    });
  }

  function configure(pair: KeyPair): Promise<number> {
    const address = `127.0.0.1:${worker.port('grpcPort')}`;
    const [ca, key, certificate] = pems(pair);
    const channel = credentials.createSsl(ca, key, certificate);
    const options = { 'grpc.ssl_target_name_override': WORKERS };
    const client = new WorkerServiceClient(address, channel, options);
    return new Promise((resolve) => {
      const request = ConfigureRequest.fromPartial({ version: 1n });
      client.configure(request, (error: ServiceError | null) => {
        client.close();
        resolve(error?.code ?? status.OK);
      });
    });
  }

  it('asks the operator for homes as who it is, and obeys only the operator', async () => {
    worker = start();
    await worker.ready();
    publisher = await RtmpPublisher.start(worker.port('rtmpPort'), 'live', 'news');
    const { request, names } = await waitFor('the question', () => asked[0]);
    expect(request).toMatchObject({
      stream: 'live/news',
      ingestWorker: 'w-0',
      namespace: 'media',
      cluster: 'live',
    });
    expect(names).toContain(`DNS:${WORKERS}`);
    expect(await configure(authority.issue(WORKERS))).toBe(status.PERMISSION_DENIED);
    expect(await worker.logged('control call refused')).toMatchObject({ code: 'PEER_REFUSED' });
    expect(await configure(authority.issue(OPERATOR))).toBe(status.OK);
    const metrics = await (await fetch(worker.adminUrl('metrics'))).text();
    expect(metrics).toContain('streamcluster_refusals_total{code="PEER_REFUSED"} 1\n');
    expect(metrics).toMatch(/streamcluster_certificate_expiry_timestamp_seconds 1\d{9}\n/);
  });

  it('ends with a code where the folder is of no use', async () => {
    volume.write({ 'ca.crt': authority.certificate });
    worker = start();
    expect(await worker.exited()).toBe(1);
    expect(worker.line('worker failed')).toMatchObject({ code: 'CREDENTIALS_INVALID' });
  });
});
