import { credentials, type ServiceError } from '@grpc/grpc-js';
import {
  ListStreamsRequest,
  ServeRequest,
  ServeResponse,
  WorkerServiceClient,
  type ListStreamsResponse,
  type StreamInfo,
} from '@streamcluster/proto';
import type { TestCluster } from '../harness/cluster.ts';
import { directoryEntries, type DirectoryEntry } from './directory.ts';

const DEADLINE_MS = 10_000;

type Callback<Response> = (error: ServiceError | null, response: Response) => void;

/** Where the directory is, and each worker's control. */
type Addresses = Pick<TestCluster, 'nats' | 'grpcAddress'>;

/** Says who serves a stream, as the operator does. */
export class StreamServers {
  private readonly cluster: Addresses;
  private readonly stream: string;

  constructor(cluster: Addresses, stream: string) {
    this.cluster = cluster;
    this.stream = stream;
  }

  async entry(): Promise<DirectoryEntry> {
    const found = (await directoryEntries(this.cluster)).get(this.stream);
    if (found === undefined) throw new Error(`the directory has no ${this.stream}`);
    return found;
  }

  /** Throws unless the directory says so afterwards. */
  async serve(home: string, replicas: readonly string[]): Promise<ServeResponse> {
    const { epoch, ingest } = await this.entry();
    const request = ServeRequest.fromPartial({
      ...{ stream: this.stream, epoch: BigInt(epoch), home, reason: 'Test' },
      replicas: [...replicas],
    });
    const answer = await this.ask<ServeResponse>(ingest, (client, callback) =>
      client.serve(request, callback),
    );
    const isSo = answer.home === home && answer.replicas.join() === replicas.join();
    if (isSo) return answer;
    throw new Error(JSON.stringify(ServeResponse.toJSON(answer)));
  }

  /** What a worker says of the stream; undefined: it has nothing of it. */
  async info(worker: string): Promise<StreamInfo | undefined> {
    const request = ListStreamsRequest.fromPartial({});
    const answer = await this.ask<ListStreamsResponse>(worker, (client, callback) =>
      client.listStreams(request, callback),
    );
    return answer.streams.find(({ name }) => name === this.stream);
  }

  private async ask<Response>(
    worker: string,
    call: (client: WorkerServiceClient, callback: Callback<Response>) => unknown,
  ): Promise<Response> {
    const address = this.cluster.grpcAddress(worker);
    const client = new WorkerServiceClient(address, credentials.createInsecure());
    try {
      return await new Promise((resolve, reject) => {
        client.waitForReady(Date.now() + DEADLINE_MS, (late) => {
          if (late !== undefined) reject(late);
          else call(client, (error, answer) => (error === null ? resolve(answer) : reject(error)));
        });
      });
    } finally {
      client.close();
    }
  }
}
