import { LoadReport, StreamInfo_Role, type StreamInfo } from '@streamcluster/proto';

/** A load report as it comes off the bus. */
export function reportBytes(worker: string, more: Partial<LoadReport> = {}): Uint8Array {
  const report = LoadReport.fromPartial({
    worker,
    startedUnixMs: 1n,
    grpcAddress: `${worker}:1`,
    cpus: [0],
    admitting: true,
    ...more,
  });
  return LoadReport.encode(report).finish();
}

export function streamInfo(name: string, more: Partial<StreamInfo> = {}): StreamInfo {
  return {
    name,
    role: StreamInfo_Role.ROLE_INGEST_AND_HOME,
    epoch: 1n,
    viewers: {},
    bitsPerSecond: 1e6,
    tracks: [],
    waitingForPublisher: false,
    startedUnixMs: 5n,
    homeWorker: '',
    ingestWorker: '',
    replicas: [],
    relaysOut: 0,
    upstreamWorker: '',
    viewersEncrypted: {},
    health: undefined,
    ...more,
  };
}
