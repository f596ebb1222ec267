import { isRecord } from './wire.ts';

/** Why there is no answer of the API server's at all. */
export type LocalReason =
  | 'Unreachable'
  | 'RequestTimeout'
  | 'Malformed'
  | 'Closed'
  | 'Overloaded'
  | 'CredentialsUnreadable';

/** A value and what it names, of `details.causes`. */
interface StatusCause {
  readonly reason: string;
  readonly field: string;
}

interface Status {
  readonly reason: string;
  readonly message: string;
  readonly causes: readonly StatusCause[];
}

interface KubeErrorParts extends Status {
  /** HTTP status; 0: there was no answer. */
  readonly code: number;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

const MAX_MESSAGE = 2_048;

/** A request that the API server refused, or did not answer. */
export class KubeError extends Error {
  /** HTTP status; 0: there was no answer. */
  readonly code: number;
  /** Of Kubernetes, as `NotFound`; a LocalReason without an answer. */
  readonly reason: string;
  readonly causes: readonly StatusCause[];
  /** How long the server wants to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(parts: KubeErrorParts) {
    super(parts.message, parts.cause === undefined ? {} : { cause: parts.cause });
    this.name = 'KubeError';
    this.code = parts.code;
    this.reason = parts.reason;
    this.causes = parts.causes;
    this.retryAfterMs = parts.retryAfterMs;
  }

  /** Of an answer that is no success; its body should be a Status. */
  static fromAnswer(code: number, body: string, retryAfterMs?: number): KubeError {
    return new KubeError({ code, retryAfterMs, ...parseStatus(code, body) });
  }

  /** Of the object of an ERROR event in a watch. */
  static fromStatus(value: unknown): KubeError {
    const code = isRecord(value) && typeof value['code'] === 'number' ? value['code'] : 500;
    return new KubeError({ code, ...readStatus(code, value) });
  }

  static local(reason: LocalReason, message: string, cause?: unknown): KubeError {
    return new KubeError({ code: 0, reason, message, causes: [], cause });
  }
}

function parseStatus(code: number, body: string): Status {
  try {
    return readStatus(code, JSON.parse(body));
  } catch {
    // Proxies answer in HTML, authenticators in plain text.
    return { reason: reasonOf(code), message: short(body) || `HTTP ${code}`, causes: [] };
  }
}

function readStatus(code: number, value: unknown): Status {
  if (!isRecord(value)) return { reason: reasonOf(code), message: `HTTP ${code}`, causes: [] };
  return {
    reason: textOf(value['reason']) || reasonOf(code),
    message: short(textOf(value['message'])) || `HTTP ${code}`,
    causes: isRecord(value['details']) ? causesOf(value['details']['causes']) : [],
  };
}

function causesOf(value: unknown): StatusCause[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter(isRecord)
    .map((cause) => ({ reason: textOf(cause['reason']), field: textOf(cause['field']) }));
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Gone',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function reasonOf(code: number): string {
  return REASONS[code] ?? 'Unknown';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Long ones repeat the whole object, and say only at the end what is wrong with it. */
function short(text: string): string {
  if (text.length <= MAX_MESSAGE) return text.trim();
  return `${text.slice(0, MAX_MESSAGE / 4)} … ${text.slice((-MAX_MESSAGE * 3) / 4)}`;
}
