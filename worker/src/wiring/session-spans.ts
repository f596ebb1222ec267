import type { Logger } from 'pino';
import type { Session } from '../sessions/session.ts';
import { cleanTraceParent } from '../access/trace-parent.ts';

export interface SessionSpansOptions {
  /** Of a collector, as `http://collector:4318`: OTLP over HTTP. */
  readonly endpoint: string;
  /** Of this worker. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly log: Logger;
}

/** Where a session's end is told to. */
export interface SessionSpans {
  ended(session: Session, reason: string, endedUnixMs: number): void;
  /** What is not sent yet, is sent. */
  close(): Promise<void>;
}

const PATH = '/v1/traces';
/** More at once would hold the loop. */
const BATCH = 128;
/** Those that cannot be sent are dropped when there are more. */
const MAX_WAITING = 2_048;
const CLOSE_MS = 2_000;

/**
 * One span of OpenTelemetry for each session, sent when it has ended; a child of the
 * caller's where that sent a W3C trace context, and sampled as the caller says. The
 * packages are loaded where somebody wants them only.
 */
export async function openSessionSpans(options: SessionSpansOptions): Promise<SessionSpans> {
  const { endpoint, attributes, log } = options;
  const [{ SpanKind, SpanStatusCode, ROOT_CONTEXT, trace, TraceFlags, diag, DiagLogLevel }, sdk] =
    await Promise.all([import('@opentelemetry/api'), import('@opentelemetry/sdk-trace')]);
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  diag.setLogger(diagnosticsTo(log), DiagLogLevel.WARN);
  const exporter = new OTLPTraceExporter({ url: endpoint.replace(/\/$/, '') + PATH });
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'streamcluster-worker', ...attributes }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.AlwaysOnSampler() }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter,
        maxExportBatchSize: BATCH,
        maxQueueSize: MAX_WAITING,
      }),
    ],
  });
  const tracer = provider.getTracer('sessions');
  return {
    ended: (session, reason, endedUnixMs) => {
      const { visit, startedUnixMs: startTime } = session;
      const [, traceId = '', spanId = '', flags = ''] = cleanTraceParent(visit.traceParent).split(
        '-',
      );
      const isSampled = (Number.parseInt(flags, 16) & TraceFlags.SAMPLED) !== 0;
      const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
      const parent = { traceId, spanId, traceFlags, isRemote: true };
      const context = traceId === '' ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
      const facts = { startTime, kind: SpanKind.SERVER, attributes: attributesOf(session, reason) };
      const span = tracer.startSpan(`${visit.action} ${visit.protocol}`, facts, context);
      if (FAULTS.has(reason)) span.setStatus({ code: SpanStatusCode.ERROR, message: reason });
      span.end(endedUnixMs);
    },
    close: async () => {
      const late = new Promise<void>((resolve) => void setTimeout(resolve, CLOSE_MS).unref());
      await Promise.race([provider.shutdown(), late]);
    },
  };
}

/** What went wrong, not what somebody wanted. */
const FAULTS = new Set(['too-slow', 'lost', 'claim-lost']);

/** By OpenTelemetry's own words where it has them. */
function attributesOf({ id, visit, grant, control }: Session, reason: string): Attributes {
  return {
    'session.id': id,
    'client.address': visit.address,
    'user_agent.original': visit.userAgent,
    'enduser.id': grant.subject,
    'streamcluster.stream': visit.name.key,
    'streamcluster.action': visit.action,
    'streamcluster.protocol': visit.protocol,
    'streamcluster.encrypted': visit.isEncrypted,
    'streamcluster.bytes': control.bytes,
    'streamcluster.bytes_estimated': control.areBytesEstimated === true,
    'streamcluster.skips': control.skips,
    'streamcluster.reason': reason,
  };
}

type Attributes = Record<string, string | number | boolean>;

/** A collector that is away is told once in a while by the exporter itself. */
function diagnosticsTo(log: Logger): Record<'error' | 'warn' | 'info' | 'debug' | 'verbose', Say> {
  const warn: Say = (message) => log.warn({ detail: message.slice(0, 500) }, 'spans not sent');
  const nothing: Say = () => undefined;
  return { error: warn, warn, info: nothing, debug: nothing, verbose: nothing };
}

type Say = (message: string) => void;
