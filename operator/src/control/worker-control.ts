import { credentials, Metadata, type ChannelCredentials, type ServiceError } from '@grpc/grpc-js';
import {
  WorkerServiceClient,
  type AcceptRequest,
  type BanRequest,
  type BanResponse,
  type ConfigureRequest,
  type DrainRequest,
  type KickRequest,
  type KickResponse,
  type ListSessionsRequest,
  type ListSessionsResponse,
  type ServeRequest,
  type ServeResponse,
} from '@streamcluster/proto';
import { OperatorError } from '../errors.ts';

/** What the operator asks of workers. Rejects with WORKER_UNREACHABLE. */
export interface WorkerControl {
  /** Resolves with the version that the worker applied. */
  configure(address: string, request: ConfigureRequest): Promise<bigint>;
  drain(address: string, request: DrainRequest): Promise<void>;
  /** A drain that a signal began goes on all the same. */
  undrain(address: string): Promise<void>;
  /** Asked of a stream's ingest worker; takes up to 8 s. May be asked again. */
  serve(address: string, request: ServeRequest): Promise<ServeResponse>;
  /** Whether new connections come to the ports that it shares with others. */
  accept(address: string, request: AcceptRequest): Promise<void>;
}

/** What the operator asks of workers about who publishes and plays there. Rejects with
 * WORKER_UNREACHABLE. */
export interface SessionControl {
  listSessions(address: string, request: ListSessionsRequest): Promise<ListSessionsResponse>;
  kick(address: string, request: KickRequest): Promise<KickResponse>;
  ban(address: string, request: BanRequest): Promise<BanResponse>;
}

/** How to speak with the workers of one cluster over mTLS. */
export interface ControlCredentials {
  readonly channel: ChannelCredentials;
  /** What their certificates are for; addresses come and go. */
  readonly serverName: string;
}

/** With a handshake, on a node that is busy. */
const DEADLINE_MS = 3_000;
/** Warming up those who are to serve is bounded to 3 s, the home and its replicas in turn. */
const SERVE_DEADLINE_MS = 8_000;
/** Channels to workers that are gone are closed when there are more. */
const MAX_CHANNELS = 2_000;
/** Workers are seldom called, and a connection to each takes memory; 30 min by default. */
const IDLE_MS = 30_000;

type Callback<Answer> = (error: ServiceError | null, answer: Answer) => void;

/** Both on gRPC; one channel an address. */
export class GrpcWorkerControl implements WorkerControl, SessionControl {
  private readonly credentials: ControlCredentials | undefined;
  private readonly clients = new Map<string, WorkerServiceClient>();

  /** Without credentials nothing is encrypted: for loopback only. */
  constructor(credentials?: ControlCredentials) {
    this.credentials = credentials;
  }

  async configure(address: string, request: ConfigureRequest): Promise<bigint> {
    const client = this.client(address);
    const answer = await asked<{ appliedVersion: bigint }>(address, (done) =>
      client.configure(request, new Metadata(), { deadline: deadline() }, done),
    );
    return answer.appliedVersion;
  }

  async drain(address: string, request: DrainRequest): Promise<void> {
    const client = this.client(address);
    await asked(address, (done) =>
      client.drain(request, new Metadata(), { deadline: deadline() }, done),
    );
  }

  async undrain(address: string): Promise<void> {
    const client = this.client(address);
    await asked(address, (done) =>
      client.undrain({}, new Metadata(), { deadline: deadline() }, done),
    );
  }

  async serve(address: string, request: ServeRequest): Promise<ServeResponse> {
    const client = this.client(address);
    const options = { deadline: deadline(SERVE_DEADLINE_MS) };
    return await asked(address, (done) => client.serve(request, new Metadata(), options, done));
  }

  async accept(address: string, request: AcceptRequest): Promise<void> {
    const client = this.client(address);
    await asked(address, (done) =>
      client.accept(request, new Metadata(), { deadline: deadline() }, done),
    );
  }

  async listSessions(address: string, request: ListSessionsRequest): Promise<ListSessionsResponse> {
    const client = this.client(address);
    return await asked(address, (done) =>
      client.listSessions(request, new Metadata(), { deadline: deadline() }, done),
    );
  }

  async kick(address: string, request: KickRequest): Promise<KickResponse> {
    const client = this.client(address);
    return await asked(address, (done) =>
      client.kick(request, new Metadata(), { deadline: deadline() }, done),
    );
  }

  async ban(address: string, request: BanRequest): Promise<BanResponse> {
    const client = this.client(address);
    return await asked(address, (done) =>
      client.ban(request, new Metadata(), { deadline: deadline() }, done),
    );
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
    this.clients.clear();
  }

  private client(address: string): WorkerServiceClient {
    const known = this.clients.get(address);
    if (known !== undefined) return known;
    if (this.clients.size >= MAX_CHANNELS) this.close();
    const { channel, serverName } = this.credentials ?? {};
    const client = new WorkerServiceClient(address, channel ?? credentials.createInsecure(), {
      ...(serverName !== undefined && { 'grpc.ssl_target_name_override': serverName }),
      'grpc.max_receive_message_length': 16 * 1024 * 1024,
      'grpc.client_idle_timeout_ms': IDLE_MS,
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 5_000,
      // A worker that comes back on the same address is called at once.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 2_000,
    });
    this.clients.set(address, client);
    return client;
  }
}

function deadline(afterMs = DEADLINE_MS): number {
  return Date.now() + afterMs;
}

function asked<Answer>(
  address: string,
  call: (done: Callback<Answer>) => unknown,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    call((error, answer) => {
      if (error === null) resolve(answer);
      else reject(new OperatorError('WORKER_UNREACHABLE', address, { cause: error }));
    });
  });
}
