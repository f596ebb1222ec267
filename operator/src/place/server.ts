import {
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import {
  OperatorServiceService,
  type OperatorServiceServer,
  type PlaceRequest,
  type PlaceResponse,
} from '@streamcluster/proto';
import type { Logger } from 'pino';
import { OperatorError } from '../errors.ts';
import type { Placer } from './placer.ts';

export interface PlaceServerOptions {
  readonly placer: Placer;
  readonly log: Logger;
  /** Told of each answer: policy and reason, or the code of a refusal. */
  readonly onPlaced: (policy: string, reason: string) => void;
}

const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_NAME_CHARACTERS = 400;
const SHUTDOWN_MS = 500;

/** OperatorService on gRPC. */
export class PlaceServer {
  private readonly options: PlaceServerOptions;
  private readonly server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
  });

  constructor(options: PlaceServerOptions) {
    this.options = options;
    const service: OperatorServiceServer = { place: (call, done) => this.answer(call, done) };
    this.server.addService(OperatorServiceService, service);
  }

  /** Resolves with the port. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const credentials = ServerCredentials.createInsecure();
      this.server.bindAsync(`${host}:${port}`, credentials, (error, bound) => {
        if (error === null) resolve(bound);
        else reject(new OperatorError('PORT_IN_USE', String(port), { cause: error }));
      });
    });
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      const force = setTimeout(() => {
        this.server.forceShutdown();
        resolve();
      }, SHUTDOWN_MS);
      this.server.tryShutdown(() => {
        clearTimeout(force);
        resolve();
      });
    });
  }

  private answer(
    { request }: ServerUnaryCall<PlaceRequest, PlaceResponse>,
    done: sendUnaryData<PlaceResponse>,
  ): void {
    const { placer, log, onPlaced } = this.options;
    const { stream, ingestWorker } = request;
    if (stream.length > MAX_NAME_CHARACTERS || ingestWorker.length > MAX_NAME_CHARACTERS) {
      done({ code: status.INVALID_ARGUMENT, details: 'REQUEST_INVALID: name too long' });
      return;
    }
    try {
      const { worker: homeWorker, policy, reason } = placer.place(ingestWorker);
      onPlaced(policy, reason);
      log.info({ stream, ingest: ingestWorker, home: homeWorker, policy, reason }, 'stream placed');
      done(null, { homeWorker, policy, reason });
    } catch (error) {
      const code = error instanceof OperatorError ? error.code : 'INTERNAL';
      onPlaced('', code);
      log.warn({ stream, ingest: ingestWorker, code, err: error }, 'stream not placed');
      done({ code: status.UNAVAILABLE, details: code });
    }
  }
}
