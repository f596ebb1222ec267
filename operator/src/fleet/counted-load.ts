import { workerLoad, type ReportedStream } from '@streamcluster/placement';
import { StreamInfo_Role, type LoadReport } from '@streamcluster/proto';

/** The streams of a report, as policies look at them. */
export function reportedStreams({ topStreams }: LoadReport): ReportedStream[] {
  return topStreams.map(({ name, role, bitsPerSecond, viewers, viewersEncrypted }) => ({
    stream: name,
    isIngest: role === StreamInfo_Role.ROLE_INGEST || role === StreamInfo_Role.ROLE_INGEST_AND_HOME,
    bitsPerSecond,
    viewers,
    encrypted: viewersEncrypted,
  }));
}

/** Share of a CPU that a worker's streams take, by measured weights. */
export function countedLoad(report: LoadReport): number {
  const { worker: id, viewersByProtocol } = report;
  return workerLoad({ id, streams: reportedStreams(report), viewersByProtocol });
}
