import { Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js';
import {
  ServeOutcome,
  ServeResponse,
  WorkerServiceService,
  type ConfigureRequest,
  type DrainRequest,
  type WorkerServiceServer,
} from '../../../proto/src/mod.ts';

/** It has no publishers. */
const NOT_INGEST = ServeOutcome.SERVE_OUTCOME_NOT_INGEST;

/** As a worker's Secret has them. */
export interface Pem {
  readonly ca: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
}

export interface FakeWorkerCalls {
  /** Returns the version that is in force afterwards. */
  configure(request: ConfigureRequest): bigint;
  drain(request: DrainRequest): void;
  undrain(): void;
  /** True: calls are left without an answer. */
  isDeaf(): boolean;
}

/** WorkerService over mTLS, with a worker's own certificate, on a port of its own. */
export class FakeWorkerServer {
  readonly address: string;
  private readonly server: Server;

  private constructor(server: Server, port: number) {
    this.server = server;
    this.address = `127.0.0.1:${port}`;
  }

  static async listen(pem: Pem, calls: FakeWorkerCalls, worker: string): Promise<FakeWorkerServer> {
    const server = new Server();
    server.addService(WorkerServiceService, handlers(calls, worker));
    const { ca, certificate, key } = pem;
    const pair = { cert_chain: certificate, private_key: key };
    const credentials = ServerCredentials.createSsl(ca, [pair], true);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', credentials, (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    return new FakeWorkerServer(server, port);
  }

  close(): void {
    this.server.forceShutdown();
  }
}

function handlers(calls: FakeWorkerCalls, worker: string): WorkerServiceServer {
  const answer = <Request, Response>(
    act: (request: Request) => Response,
  ): handleUnaryCall<Request, Response> => {
    return ({ request }, callback) => {
      if (!calls.isDeaf()) callback(null, act(request));
    };
  };
  return {
    configure: answer((request) => ({ appliedVersion: calls.configure(request) })),
    listStreams: answer(() => ({ worker, streams: [] })),
    assign: answer(() => ({})),
    release: answer(() => ({ released: true, reason: '', continuation: Buffer.alloc(0) })),
    serve: answer(() => ServeResponse.fromPartial({ outcome: NOT_INGEST })),
    prepare: answer(() => ({ ready: true, reason: '' })),
    drain: answer((request) => {
      calls.drain(request);
      return {};
    }),
    undrain: answer(() => {
      calls.undrain();
      return {};
    }),
    accept: answer(() => ({})),
    listSessions: answer(() => ({ sessions: [], total: 0 })),
    kick: answer(() => ({ found: false, banned: undefined })),
    ban: answer(() => ({ ended: 0 })),
  };
}
