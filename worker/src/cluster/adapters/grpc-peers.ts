import {
  credentials,
  Metadata,
  type CallOptions,
  type ChannelCredentials,
  type ChannelOptions,
  type ServiceError,
} from '@grpc/grpc-js';
import {
  AssignRequest,
  OperatorServiceClient,
  PlaceRequest,
  PrepareRequest,
  ReleaseRequest,
  WorkerServiceClient,
} from '@streamcluster/proto';
import { WorkerError } from '../../errors.ts';
import type {
  AssignCall,
  Peers,
  PrepareCall,
  ReleaseAnswer,
  ReleaseCall,
  ServeCall,
  ServeResult,
} from '../peers.ts';
import { OPERATOR_NAME, workersName, type ClusterName } from './grpc-caller.ts';
import { GRPC_OPTIONS } from './grpc-options.ts';
import { requestOf, resultOf } from './grpc-serve.ts';

/** namespace and cluster: the StreamCluster that this worker is of. */
export interface GrpcPeersOptions extends ClusterName {
  /** `host:port`; undefined: there is none, workers place for themselves. */
  readonly operator?: string | undefined;
  /** Undefined: nothing is encrypted; for loopback only. */
  readonly credentials?: ChannelCredentials | undefined;
}

type Callback<Response> = (error: ServiceError | null, response: Response) => void;

/** A publisher waits for these. */
const PLACE_DEADLINE_MS = 300;
const RELEASE_DEADLINE_MS = 1_000;
const ASSIGN_DEADLINE_MS = 2_000;
/** Above the time that the other worker takes at most. */
const PREPARE_DEADLINE_MS = 3_500;
const SERVE_DEADLINE_MS = 8_000;
const MAX_CLIENTS = 1_000;

/** Calls by gRPC; one channel for each address, kept. */
export class GrpcPeers implements Peers {
  private readonly options: GrpcPeersOptions;
  private readonly credentials: ChannelCredentials;
  private readonly workers = new Map<string, WorkerServiceClient>();
  private readonly operator: OperatorServiceClient | undefined;
  private isClosed = false;

  constructor(options: GrpcPeersOptions) {
    this.options = options;
    this.credentials = options.credentials ?? credentials.createInsecure();
    if (options.operator === undefined) return;
    const channel = channelTo(OPERATOR_NAME);
    this.operator = new OperatorServiceClient(options.operator, this.credentials, channel);
  }

  /** Connects to the operator ahead, and again whenever it is lost: a name, TCP and
   * TLS would take much of a publisher's 300 ms. */
  start(): void {
    if (this.operator === undefined || this.isClosed) return;
    const channel = this.operator.getChannel();
    const state = channel.getConnectivityState(true);
    channel.watchConnectivityState(state, Infinity, () => this.start());
  }

  async release(address: string, call: ReleaseCall): Promise<ReleaseAnswer> {
    const client = this.worker(address);
    const request = ReleaseRequest.fromPartial({ ...call, epoch: BigInt(call.epoch) });
    const answer = await unary(client.release.bind(client), request, RELEASE_DEADLINE_MS);
    const { released, reason, continuation } = answer;
    return { isReleased: released, reason, continuation };
  }

  async assign(address: string, call: AssignCall): Promise<void> {
    const client = this.worker(address);
    const request = AssignRequest.fromPartial({ ...call, epoch: BigInt(call.epoch) });
    await unary(client.assign.bind(client), request, ASSIGN_DEADLINE_MS);
  }

  async prepare(address: string, call: PrepareCall): Promise<string | undefined> {
    const client = this.worker(address);
    const request = PrepareRequest.fromPartial({
      ...call,
      replicas: [...call.replicas],
      epoch: BigInt(call.epoch),
    });
    const answer = await unary(client.prepare.bind(client), request, PREPARE_DEADLINE_MS);
    return answer.ready ? undefined : answer.reason;
  }

  async serve(address: string, call: ServeCall): Promise<ServeResult> {
    const client = this.worker(address);
    const answer = await unary(client.serve.bind(client), requestOf(call), SERVE_DEADLINE_MS);
    return resultOf(answer.outcome);
  }

  async place(stream: string, ingestWorker: string): Promise<string> {
    const { operator } = this;
    if (operator === undefined) throw new WorkerError('PEER_UNREACHABLE', 'there is no operator');
    const { namespace, cluster } = this.options;
    const request = PlaceRequest.fromPartial({ stream, ingestWorker, namespace, cluster });
    const answer = await unary(operator.place.bind(operator), request, PLACE_DEADLINE_MS);
    return answer.homeWorker;
  }

  close(): void {
    this.isClosed = true;
    this.operator?.close();
    for (const client of this.workers.values()) client.close();
    this.workers.clear();
  }

  private worker(address: string): WorkerServiceClient {
    const present = this.workers.get(address);
    if (present !== undefined) return present;
    this.makeRoom();
    const channel = channelTo(workersName(this.options));
    const client = new WorkerServiceClient(address, this.credentials, channel);
    this.workers.set(address, client);
    return client;
  }

  /** Workers come and go; the oldest channel makes room. */
  private makeRoom(): void {
    if (this.workers.size < MAX_CLIENTS) return;
    for (const [address, client] of this.workers) {
      client.close();
      this.workers.delete(address);
      return;
    }
  }
}

/** Addresses come and go; certificates are for names. */
function channelTo(name: string): ChannelOptions {
  return { ...GRPC_OPTIONS, 'grpc.ssl_target_name_override': name };
}

function unary<Request, Response>(
  method: (
    request: Request,
    metadata: Metadata,
    options: Partial<CallOptions>,
    callback: Callback<Response>,
  ) => unknown,
  request: Request,
  deadlineMs: number,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + deadlineMs };
    method(request, new Metadata(), options, (error, response) => {
      if (error === null) resolve(response);
      else reject(new WorkerError('PEER_UNREACHABLE', error.details, { cause: error }));
    });
  });
}
