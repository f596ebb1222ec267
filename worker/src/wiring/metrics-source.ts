import type { MetricsSource } from '../admin/metrics.ts';
import type { WorkerParts } from './worker-parts.ts';

/** Where each of a worker's series is read. What is not there yet counts nothing. */
export function metricsSource(parts: WorkerParts): MetricsSource {
  const { engine, sampler, streams, pinning } = parts;
  const { slowViewers, times, publishers } = streams;
  return {
    times,
    lags: engine.lags,
    streams: () => parts.cluster?.infos.count ?? 0,
    publishers: () => parts.cluster?.claims.openPublications ?? 0,
    publishersWithWarnings: () => parts.cluster?.infos.withWarnings ?? 0,
    publisherTotals: publishers,
    relays: () => parts.cluster?.relays.size ?? 0,
    viewersByProtocol: () => parts.cluster?.infos.viewersByProtocol() ?? {},
    connections: () => sampler.latest.connections,
    arenaBytes: () => sampler.latest.arenaBytes,
    loopUtilization: () => sampler.latest.loopUtilization,
    tickLagMs: () => sampler.latest.tickLagMs,
    tls: () => engine.stats(),
    userCertificateExpiresUnixMs: () => parts.certificates?.expiresUnixMs ?? 0,
    bytesReceived: () => engine.stats().bytesReceivedTotal,
    bytesSent: () => engine.stats().bytesSentTotal,
    viewerSkips: () => slowViewers.skipsTotal,
    slowViewersClosed: () => slowViewers.closedTotal,
    droppedFrames: () => slowViewers.droppedFramesTotal,
    redirects: () => parts.cluster?.redirects.total ?? 0,
    shed: () => parts.media?.shedTotal ?? 0,
    directoryEntries: () => parts.cluster?.directory.size ?? 0,
    isBusConnected: () => parts.bus.isConnected,
    isDraining: () => parts.cluster?.drain.isDraining ?? false,
    isAdmitting: () => parts.cluster?.admission.isOpen ?? false,
    arenaReliefs: () => streams.reliefsTotal,
    cpu: () => pinning.current,
    certificateExpiresUnixMs: () => parts.credentials.expiresUnixMs,
  };
}
