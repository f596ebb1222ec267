import {
  Server,
  ServerCredentials,
  status,
  type handleUnaryCall,
  type ServerUnaryCall,
  type sendUnaryData,
  type ServiceError,
} from '@grpc/grpc-js';
import {
  AcceptResponse,
  AssignResponse,
  ConfigureResponse,
  DrainResponse,
  ListStreamsResponse,
  PrepareResponse,
  ReleaseResponse,
  UndrainResponse,
  WorkerServiceService,
  type AcceptRequest,
  type AssignRequest,
  type BanRequest,
  type ConfigureRequest,
  type DrainRequest,
  type KickRequest,
  type ListSessionsRequest,
  type PrepareRequest,
  type ReleaseRequest,
  type ServeRequest,
  type WorkerServiceServer,
} from '@streamcluster/proto';
import type { Logger } from 'pino';
import { WorkerError } from '../../errors.ts';
import type { StreamsConfig } from '../../stream/streams-config.ts';
import type { Configuration, Control } from '../control.ts';
import type { SessionCalls } from '../../sessions/session-desk.ts';
import { mayCall, namesOfCaller, type ClusterName } from './grpc-caller.ts';
import { GRPC_OPTIONS } from './grpc-options.ts';
import { responseOf, serveCallOf } from './grpc-serve.ts';
import { banned, kicked, listed, visitorOf } from './grpc-sessions.ts';

export interface GrpcControlOptions {
  readonly worker: string;
  /** Looked up at each call: the port opens before the cluster is made. */
  readonly control: () => Control;
  readonly sessions: SessionCalls;
  readonly log: Logger;
  /** Literal address and port; 0 draws a free one. */
  readonly host: string;
  readonly port: number;
  readonly counters: { count(reason: string): void };
  /** Undefined: anybody may ask, unencrypted; for loopback only. */
  readonly security?: ControlSecurity | undefined;
}

export interface ControlSecurity extends ClusterName {
  readonly credentials: ServerCredentials;
}

const SHUTDOWN_MS = 500;
const REFUSAL: Partial<ServiceError> = {
  code: status.PERMISSION_DENIED,
  details: 'PEER_REFUSED: the caller may not ask this of a worker',
};

/** WorkerService on a port of its own. */
export class GrpcControlServer {
  private readonly options: GrpcControlOptions;
  private readonly server = new Server(GRPC_OPTIONS);

  constructor(options: GrpcControlOptions) {
    this.options = options;
    this.server.addService(WorkerServiceService, handlers(options));
  }

  /** The port that was bound. Rejects with PORT_IN_USE. */
  start(): Promise<number> {
    const { host, port, security } = this.options;
    const credentials = security?.credentials ?? ServerCredentials.createInsecure();
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    return new Promise((resolve, reject) => {
      this.server.bindAsync(address, credentials, (error, bound) => {
        if (error === null) resolve(bound);
        else reject(new WorkerError('PORT_IN_USE', address, { cause: error }));
      });
    });
  }

  /** Lets calls under way end, for a moment. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.server.forceShutdown(), SHUTDOWN_MS);
    await new Promise<void>((resolve) => this.server.tryShutdown(() => resolve()));
    clearTimeout(timer);
  }
}

type Act<Request, Response> = (request: Request) => Response | Promise<Response>;

function handlers({
  worker,
  control,
  sessions,
  log,
  counters,
  security,
}: GrpcControlOptions): WorkerServiceServer {
  const isRefused = (method: string, call: ServerUnaryCall<unknown, unknown>): boolean => {
    if (security === undefined) return false;
    const names = namesOfCaller(call);
    if (mayCall(method, names, security)) return false;
    const fields = { code: 'PEER_REFUSED', method, names, peer: call.getPeer() };
    log.warn(fields, 'control call refused');
    counters.count('PEER_REFUSED');
    return true;
  };
  const answer = <Request, Response>(
    method: string,
    act: Act<Request, Response>,
  ): handleUnaryCall<Request, Response> => {
    return (call, callback) => {
      if (isRefused(method, call)) callback(REFUSAL);
      else void run(() => act(call.request), callback);
    };
  };
  const run = async <Response>(
    act: () => Response | Promise<Response>,
    callback: sendUnaryData<Response>,
  ): Promise<void> => {
    try {
      callback(null, await act());
    } catch (error) {
      log.warn({ err: error }, 'control call failed');
      callback(serviceError(error));
    }
  };
  return {
    configure: answer('configure', (request: ConfigureRequest) => {
      const applied = control().configure(configurationOf(request));
      const { version, hlsKey, bans } = request;
      // Else it is of somebody who decides no more.
      if (BigInt(applied) === version) sessions.learn({ hlsKey, bans: bans.map(visitorOf) });
      return ConfigureResponse.fromPartial({ appliedVersion: BigInt(applied) });
    }),
    listStreams: answer('listStreams', () =>
      ListStreamsResponse.fromPartial({ worker, streams: control().listStreams() }),
    ),
    assign: answer('assign', async ({ stream, epoch, ingestWorker }: AssignRequest) => {
      await control().assign({ stream, epoch: Number(epoch), ingestWorker });
      return AssignResponse.fromPartial({});
    }),
    release: answer('release', ({ stream, epoch, newIngestWorker }: ReleaseRequest) => {
      const answered = control().release({ stream, epoch: Number(epoch), newIngestWorker });
      return ReleaseResponse.fromPartial({
        released: answered.isReleased,
        reason: answered.reason,
        continuation: Buffer.from(answered.continuation),
      });
    }),
    serve: answer('serve', async (request: ServeRequest) =>
      responseOf(await control().serve(serveCallOf(request))),
    ),
    prepare: answer('prepare', async (request: PrepareRequest) => {
      const reason = await control().prepare({ ...request, epoch: Number(request.epoch) });
      return PrepareResponse.fromPartial({ ready: reason === undefined, reason: reason ?? '' });
    }),
    drain: answer('drain', (plan: DrainRequest) => {
      control().drain(plan);
      return DrainResponse.fromPartial({});
    }),
    undrain: answer('undrain', () => {
      control().undrain();
      return UndrainResponse.fromPartial({});
    }),
    listSessions: answer('listSessions', (query: ListSessionsRequest) => listed(sessions, query)),
    kick: answer('kick', (call: KickRequest) => kicked(sessions, call)),
    ban: answer('ban', (call: BanRequest) => banned(sessions, call)),
    accept: answer('accept', (call: AcceptRequest) => {
      control().accept(call);
      return AcceptResponse.fromPartial({});
    }),
  };
}

function configurationOf(request: ConfigureRequest): Configuration {
  const { version, streams, ...same } = request;
  return { ...same, version: Number(version), streams: streamsOf(streams) };
}

function streamsOf(streams: ConfigureRequest['streams']): StreamsConfig | undefined {
  if (streams?.hls === undefined) return undefined;
  const { publisherGraceSeconds, maxLagSeconds, waitForPublisherSeconds } = streams;
  const { segmentSeconds, segments } = streams.hls;
  return {
    publisherGraceSeconds,
    maxLagSeconds: Math.max(1, maxLagSeconds),
    waitForPublisherSeconds,
    hls: { segmentSeconds: Math.max(1, segmentSeconds), segments: Math.max(3, segments) },
  };
}

function serviceError(error: unknown): Partial<ServiceError> {
  const isOurs = error instanceof WorkerError;
  return {
    code: isOurs && error.httpStatus === 503 ? status.UNAVAILABLE : status.INTERNAL,
    details: isOurs ? `${error.code}: ${error.message}` : 'internal error',
  };
}
