/** W3C Trace Context 3.2.2: version, trace, parent, flags; neither id is all zeros. */
const TRACE_PARENT = /^([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}/;
/** Of version 00; later ones may have more behind it, beginning with a dash. */
const CHARACTERS = 55;
const MAX_CHARACTERS = 128;

export interface TraceContext {
  readonly traceId: string;
  /** Of the caller's span. */
  readonly parentId: string;
}

/** The header as it is kept: empty where it is none. */
export function cleanTraceParent(header: string): string {
  return parseTraceParent(header) === undefined ? '' : header;
}

/** Undefined: not a trace context, which is to be ignored. */
export function parseTraceParent(header: string): TraceContext | undefined {
  const [, version, traceId = '', parentId = ''] = TRACE_PARENT.exec(header) ?? [];
  if (version === undefined || version === 'ff' || header.length > MAX_CHARACTERS) return undefined;
  const rest = header.slice(CHARACTERS);
  const isRestFine = rest === '' || (version !== '00' && rest.startsWith('-'));
  return isRestFine ? { traceId, parentId } : undefined;
}
