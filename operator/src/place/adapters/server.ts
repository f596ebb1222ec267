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
import type { AuthenticatedCall, ClusterName } from '../../credentials/authorise.ts';
import { OperatorError, type OperatorErrorCode } from '../../errors.ts';
import { FORWARDED, type PlaceForward } from './forward.ts';
import type { Placer } from '../placer.ts';

export interface PlaceServerOptions {
  /** Undefined: there is no such StreamCluster. */
  readonly placerOf: (namespace: string, cluster: string) => Placer | undefined;
  readonly isLeading: () => boolean;
  /** To whoever leads, when this one does not. */
  readonly forward?: PlaceForward;
  readonly log: Logger;
  /** Told of each answer: policy and reason, or the code of a refusal. */
  readonly onPlaced: (policy: string, reason: string) => void;
  /** Undefined: anybody may ask, unencrypted; for loopback only. */
  readonly credentials?: PlaceCredentials;
}

export interface PlaceCredentials {
  readonly server: ServerCredentials;
  /** Whether the caller may ask about this StreamCluster. */
  readonly authorise: (call: AuthenticatedCall, cluster: ClusterName) => boolean;
}

type PlaceCall = ServerUnaryCall<PlaceRequest, PlaceResponse>;

interface Refusal {
  readonly status: status;
  readonly code: OperatorErrorCode;
  readonly error?: unknown;
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
      const credentials = this.options.credentials?.server ?? ServerCredentials.createInsecure();
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

  private answer(call: PlaceCall, done: sendUnaryData<PlaceResponse>): void {
    const refusal = this.refusal(call);
    if (refusal !== undefined) {
      this.refuse(call.request, refusal, done);
      return;
    }
    const { isLeading, forward } = this.options;
    const wasForwarded = call.metadata.get(FORWARDED).length > 0;
    if (isLeading() || forward === undefined || wasForwarded) this.place(call.request, done);
    else void this.passOn(forward, call.request, done);
  }

  private refusal(call: PlaceCall): Refusal | undefined {
    const { stream, ingestWorker, namespace, cluster } = call.request;
    if (this.options.credentials?.authorise(call, { namespace, cluster }) === false) {
      return { status: status.PERMISSION_DENIED, code: 'CREDENTIALS_REFUSED' };
    }
    if (stream.length > MAX_NAME_CHARACTERS || ingestWorker.length > MAX_NAME_CHARACTERS) {
      return { status: status.INVALID_ARGUMENT, code: 'REQUEST_INVALID' };
    }
    return undefined;
  }

  private place(request: PlaceRequest, done: sendUnaryData<PlaceResponse>): void {
    const { placerOf, isLeading, log, onPlaced } = this.options;
    const { stream, ingestWorker, namespace, cluster } = request;
    try {
      // Who does not lead knows of no reservations: the worker draws better by itself.
      if (!isLeading()) throw new OperatorError('NO_LEADER');
      const placer = placerOf(namespace, cluster);
      if (placer === undefined) throw new OperatorError('NOT_FOUND', `${namespace}/${cluster}`);
      const { worker: homeWorker, policy, reason } = placer.place(stream, ingestWorker);
      onPlaced(policy, reason);
      log.info({ stream, ingest: ingestWorker, home: homeWorker, policy, reason }, 'stream placed');
      done(null, { homeWorker, policy, reason });
    } catch (error) {
      const code = error instanceof OperatorError ? error.code : 'INTERNAL';
      this.refuse(request, { status: status.UNAVAILABLE, code, error }, done);
    }
  }

  private async passOn(
    forward: PlaceForward,
    request: PlaceRequest,
    done: sendUnaryData<PlaceResponse>,
  ): Promise<void> {
    try {
      done(null, await forward.place(request));
    } catch (error) {
      this.refuse(request, { status: status.UNAVAILABLE, code: 'NO_LEADER', error }, done);
    }
  }

  private refuse(
    { stream, ingestWorker, namespace, cluster }: PlaceRequest,
    { status: grpcStatus, code, error }: Refusal,
    done: sendUnaryData<PlaceResponse>,
  ): void {
    const { log, onPlaced } = this.options;
    onPlaced('', code);
    const about = { namespace, cluster, stream: stream.slice(0, MAX_NAME_CHARACTERS) };
    const ingest = ingestWorker.slice(0, MAX_NAME_CHARACTERS);
    log.warn({ ...about, ingest, code, err: error }, 'stream not placed');
    done({ code: grpcStatus, details: code });
  }
}
