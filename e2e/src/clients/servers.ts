import { ServeRequest, ServeResponse, type StreamInfo } from '@streamcluster/proto';
import type { TestCluster } from '../harness/cluster.ts';
import { directoryEntries, type DirectoryEntry } from './directory.ts';
import { askWorker, streamsOf } from './worker-control.ts';

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
    const answer = await askWorker<ServeResponse>(this.cluster, ingest, (client, callback) =>
      client.serve(request, callback),
    );
    const isSo = answer.home === home && answer.replicas.join() === replicas.join();
    if (isSo) return answer;
    throw new Error(JSON.stringify(ServeResponse.toJSON(answer)));
  }

  /** What a worker says of the stream; undefined: it has nothing of it. */
  async info(worker: string): Promise<StreamInfo | undefined> {
    const streams = await streamsOf(this.cluster, worker);
    return streams.find(({ name }) => name === this.stream);
  }
}
