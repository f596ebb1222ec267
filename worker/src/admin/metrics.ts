import { Counter, Gauge, Registry } from 'prom-client';
import type { WorkerErrorCode } from '../errors.ts';
import { WORKER_ERROR_CODES } from '../errors.ts';
import { CONDITION_TYPES } from '../stream/health-rules.ts';
import type { PublisherTotals } from '../stream/publisher-totals.ts';
import type { CpuFacts } from '../topology/cpu-facts.ts';
import { renderHistograms, type HistogramSource } from './histograms.ts';
import type { Pauses } from './pauses.ts';

/** What the metrics are read from, at each scrape. */
export interface MetricsSource extends HistogramSource {
  readonly streams: () => number;
  readonly publishers: () => number;
  /** Of those that are connected, who send worse than they should. */
  readonly publishersWithWarnings: () => number;
  readonly publisherTotals: PublisherTotals;
  readonly relays: () => number;
  readonly viewersByProtocol: () => Readonly<Record<string, number>>;
  readonly connections: () => number;
  readonly arenaBytes: () => number;
  readonly loopUtilization: () => number;
  readonly tickLagMs: () => number;
  readonly tls: () => TlsFigures;
  /** Of the certificates that users see, the first to end. 0: there is none. */
  readonly userCertificateExpiresUnixMs: () => number;
  readonly bytesReceived: () => number;
  readonly bytesSent: () => number;
  readonly viewerSkips: () => number;
  readonly slowViewersClosed: () => number;
  readonly droppedFrames: () => number;
  readonly redirects: () => number;
  readonly shed: () => number;
  readonly directoryEntries: () => number;
  readonly isBusConnected: () => boolean;
  readonly isDraining: () => boolean;
  /** New viewers and publishers are taken. */
  readonly isAdmitting: () => boolean;
  readonly arenaReliefs: () => number;
  readonly cpu: () => CpuFacts;
  /** 0: there is none. */
  readonly certificateExpiresUnixMs: () => number;
}

/** As in EngineStats. */
interface TlsFigures {
  readonly tlsConnections: number;
  readonly tlsHandshakesTotal: number;
  readonly tlsResumedTotal: number;
  readonly tlsFailuresTotal: number;
}

const ALIGNMENTS = ['aligned', 'astray', 'unknown'] as const;
const PROTOCOLS = ['rtmp', 'flv', 'ws-flv', 'hls', 'relay'] as const;

/** Few series: those of each stream come from the operator. All start at 0. */
export class WorkerMetrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly registry = new Registry();
  private readonly source: MetricsSource;
  private readonly refusals: Counter<'code'>;

  constructor(source: MetricsSource) {
    this.source = source;
    this.refusals = new Counter({
      name: 'streamcluster_refusals_total',
      help: 'Requests, connections and messages refused, by error code.',
      labelNames: ['code'],
      registers: [this.registry],
    });
    for (const code of WORKER_ERROR_CODES) this.refusals.inc({ code }, 0);
    this.gauges(source);
    this.totals(source);
    this.tls(source);
    this.publishers(source);
    this.viewers(source);
    this.alignment(source);
  }

  /** The text that Prometheus reads. */
  async render(pauses: Pick<Pauses, 'areDue' | 'take'>): Promise<string> {
    const { registry } = this;
    const parts: string[] = [];
    for (const { name } of registry.getMetricsAsArray()) {
      parts.push(await registry.getSingleMetricAsString(name));
      if (pauses.areDue) await pauses.take();
    }
    return `${parts.join('\n\n')}\n${renderHistograms(this.source)}`;
  }

  /** For the protocols' counters; unknown codes count as INTERNAL. */
  count(reason: string): void {
    const isKnown = WORKER_ERROR_CODES.includes(reason as WorkerErrorCode);
    this.refusals.inc({ code: isKnown ? reason : 'INTERNAL' });
  }

  private gauges(source: MetricsSource): void {
    const gauge = this.gauge.bind(this);
    gauge('streams', 'Streams that are here.', source.streams);
    gauge('publishers', 'Publishers that are connected here.', source.publishers);
    gauge('relays', 'Streams taken from other workers.', source.relays);
    gauge('connections', 'Open connections of the engine.', source.connections);
    gauge('arena_bytes', 'Memory in use by logs.', source.arenaBytes);
    gauge('loop_utilization_ratio', 'Busy share of the event loop.', source.loopUtilization);
    gauge('tick_lag_seconds', 'How late ticks ran, p99.', () => source.tickLagMs() / 1_000);
    gauge('directory_entries', 'Streams in the directory.', source.directoryEntries);
    gauge('directory_connected', '1 while NATS answers.', () => Number(source.isBusConnected()));
    gauge('draining', '1 while the worker drains.', () => Number(source.isDraining()));
    const admitting = (): number => Number(source.isAdmitting());
    gauge('admitting', '1 while new viewers and publishers are taken.', admitting);
    gauge('allowed_cpus', 'CPUs of the cpuset.', () => source.cpu().allowedCpus.length);
    gauge('loop_cpu', 'CPU of the loop; -1: not pinned to one.', () => source.cpu().loopCpu ?? -1);
    const expires = (): number => source.certificateExpiresUnixMs() / 1_000;
    gauge('certificate_expiry_timestamp_seconds', 'End of the certificate; 0: none.', expires);
    gauge('numa_node', 'Node of the cpuset; -1: several.', () => source.cpu().numaNode);
  }

  private totals(source: MetricsSource): void {
    const total = this.total.bind(this);
    total('received_bytes_total', 'Bytes received on all connections.', source.bytesReceived);
    total('sent_bytes_total', 'Bytes sent on all connections.', source.bytesSent);
    total('viewer_skips_total', 'Jumps of viewers that were late.', source.viewerSkips);
    total('slow_viewers_closed_total', 'Viewers closed as too slow.', source.slowViewersClosed);
    const reliefs = 'Times that old GOPs were given up for want of memory.';
    total('arena_reliefs_total', reliefs, source.arenaReliefs);
    total('redirects_total', 'New viewers sent to other workers.', source.redirects);
    total('shed_players_total', 'Players of HLS asked to go elsewhere for balance.', source.shed);
    total('dropped_frames_total', 'Frames dropped for want of memory.', source.droppedFrames);
  }

  private tls({ tls, userCertificateExpiresUnixMs }: MetricsSource): void {
    this.gauge('tls_connections', 'Open encrypted connections.', () => tls().tlsConnections);
    const handshakes = (): number => tls().tlsHandshakesTotal;
    this.total('tls_handshakes_total', 'TLS handshakes done.', handshakes);
    const resumed = (): number => tls().tlsResumedTotal;
    this.total('tls_resumed_total', 'Handshakes that resumed an earlier session.', resumed);
    const failures = (): number => tls().tlsFailuresTotal;
    this.total('tls_handshake_failures_total', 'TLS handshakes that failed.', failures);
    this.gauge(
      'user_certificate_expiry_timestamp_seconds',
      'When the first of the certificates for users ends; 0: none.',
      () => userCertificateExpiresUnixMs() / 1_000,
    );
  }

  /** How they send; of each stream the operator tells. */
  private publishers({ publishersWithWarnings, publisherTotals }: MetricsSource): void {
    const help = 'Publishers that send worse than they should.';
    this.gauge('publishers_with_warnings', help, publishersWithWarnings);
    const gaps = 'Jumps forward of timestamps of publishers.';
    this.total('publisher_gaps_total', gaps, () => publisherTotals.gaps);
    const stepsBack = 'Steps back of timestamps of publishers.';
    this.total('publisher_steps_back_total', stepsBack, () => publisherTotals.stepsBack);
    new Counter({
      name: 'streamcluster_publisher_warnings_total',
      help: 'Conditions of publishers that ceased to hold, by condition.',
      labelNames: ['condition'],
      registers: [this.registry],
      collect(): void {
        this.reset();
        for (const condition of CONDITION_TYPES) {
          this.inc({ condition }, publisherTotals.warnings.get(condition) ?? 0);
        }
      },
    });
  }

  private gauge(name: string, help: string, read: () => number): void {
    const collect = function (this: Gauge): void {
      this.set(read());
    };
    new Gauge({ name: `streamcluster_${name}`, help, registers: [this.registry], collect });
  }

  /** Of what somebody else counts. */
  private total(name: string, help: string, read: () => number): void {
    const collect = function (this: Counter): void {
      this.reset();
      this.inc(read());
    };
    new Counter({ name: `streamcluster_${name}`, help, registers: [this.registry], collect });
  }

  private viewers(source: MetricsSource): void {
    new Gauge({
      name: 'streamcluster_viewers',
      help: 'Viewers by protocol; relay: other workers.',
      labelNames: ['protocol'],
      registers: [this.registry],
      collect(): void {
        const counts = source.viewersByProtocol();
        for (const protocol of PROTOCOLS) this.set({ protocol }, counts[protocol] ?? 0);
      },
    });
  }

  private alignment(source: MetricsSource): void {
    new Gauge({
      name: 'streamcluster_numa_alignment',
      help: '1 for whether CPUs and memory are of one NUMA node.',
      labelNames: ['alignment'],
      registers: [this.registry],
      collect(): void {
        const { alignment } = source.cpu();
        for (const each of ALIGNMENTS) this.set({ alignment: each }, Number(each === alignment));
      },
    });
  }
}
