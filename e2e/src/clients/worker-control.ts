import { credentials, type ServiceError } from '@grpc/grpc-js';
import {
  ListStreamsRequest,
  WorkerServiceClient,
  type ListStreamsResponse,
  type StreamInfo,
} from '@streamcluster/proto';
import type { TestCluster } from '../harness/cluster.ts';

type Addresses = Pick<TestCluster, 'grpcAddress'>;

const DEADLINE_MS = 10_000;

type Callback<Response> = (error: ServiceError | null, response: Response) => void;

/** Calls a worker as the operator does. */
export async function askWorker<Response>(
  cluster: Addresses,
  worker: string,
  call: (client: WorkerServiceClient, callback: Callback<Response>) => unknown,
): Promise<Response> {
  const client = new WorkerServiceClient(cluster.grpcAddress(worker), credentials.createInsecure());
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

/** All that a worker has, whatever its part in it. */
export async function streamsOf(cluster: Addresses, worker: string): Promise<StreamInfo[]> {
  const request = ListStreamsRequest.fromPartial({});
  const { streams } = await askWorker<ListStreamsResponse>(cluster, worker, (client, callback) =>
    client.listStreams(request, callback),
  );
  return streams;
}
