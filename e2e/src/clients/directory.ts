import { connect } from '@nats-io/transport-node';
import { Kvm } from '@nats-io/kv';
import type { TestCluster } from '../harness/cluster.ts';

/** What the directory says of a stream. */
export interface DirectoryEntry {
  readonly home: string;
  readonly ingest: string;
  readonly replicas: readonly string[];
  readonly epoch: number;
}

/** The whole directory, read from NATS itself; keys are stream names. */
export async function directoryEntries(
  cluster: Pick<TestCluster, 'nats'>,
): Promise<Map<string, DirectoryEntry>> {
  const { natsUrl, bucket } = cluster.nats();
  const connection = await connect({ servers: natsUrl });
  try {
    const kv = await new Kvm(connection).open(bucket);
    const entries = new Map<string, DirectoryEntry>();
    for await (const key of await kv.keys()) {
      const entry = await kv.get(key);
      if (entry?.operation !== 'PUT') continue;
      entries.set(Buffer.from(key, 'base64url').toString(), entry.json<DirectoryEntry>());
    }
    return entries;
  } finally {
    await connection.close();
  }
}
