import { STATUS_CODES } from 'node:http';
import { WorkerError, type WorkerErrorCode } from '../../errors.ts';

/** Media is public to every page; whoever may watch is decided by the URL. */
export const CORS_HEADERS =
  'Access-Control-Allow-Origin: *\r\n' +
  'Access-Control-Expose-Headers: Content-Length, Content-Range, Retry-After\r\n';

const PREFLIGHT_HEADERS =
  'Access-Control-Allow-Origin: *\r\n' +
  'Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n' +
  'Access-Control-Allow-Headers: Authorization, Content-Type, If-None-Match, Range\r\n' +
  'Access-Control-Max-Age: 86400\r\n' +
  'Allow: GET, HEAD, OPTIONS\r\n';

/** Long enough for a load balancer to send the next try elsewhere. */
const RETRY_AFTER_SECONDS = 2;

/** A head with `headers`, whole lines; the connection stays unless `closes`. */
export function responseHead(status: number, headers: string, closes: boolean): string {
  const connection = closes ? 'Connection: close\r\n' : '';
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${headers}${connection}\r\n`;
}

export function preflightResponse(closes: boolean): Buffer {
  return Buffer.from(responseHead(204, PREFLIGHT_HEADERS, closes), 'latin1');
}

/** One line of JSON with the code, behind a head with further `headers`. */
export function errorResponse(error: WorkerError, headers: string, closes: boolean): ErrorResponse {
  const { code, message, httpStatus } = error;
  const body = Buffer.from(`${JSON.stringify({ code, message })}\n`);
  const lines =
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
    `Cache-Control: no-store\r\n${CORS_HEADERS}${headersOf(error)}${headers}`;
  return { head: Buffer.from(responseHead(httpStatus, lines, closes), 'latin1'), body };
}

export interface ErrorResponse {
  readonly head: Buffer;
  readonly body: Buffer;
}

function headersOf(error: WorkerError): string {
  switch (error.httpStatus) {
    case 401:
      return `WWW-Authenticate: ${challengeOf(error.code)}\r\n`;
    case 405:
      return 'Allow: GET, HEAD, OPTIONS\r\n';
    case 426:
      return 'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
    case 429:
    case 503:
      return `Retry-After: ${RETRY_AFTER_SECONDS}\r\n`;
    default:
      return '';
  }
}

/** RFC 6750 section 3: who sent no token is told of no error. */
function challengeOf(code: WorkerErrorCode): string {
  return code === 'ACCESS_TOKEN_MISSING' ? 'Bearer' : 'Bearer error="invalid_token"';
}

/** What a failed promise becomes for the client. */
export function asWorkerError(cause: unknown): WorkerError {
  return cause instanceof WorkerError ? cause : new WorkerError('INTERNAL', undefined, { cause });
}

/** Codes by the status that the request parser gives. */
export function codeOfStatus(status: number): WorkerErrorCode {
  switch (status) {
    case 414:
      return 'HTTP_TARGET_TOO_LONG';
    case 431:
      return 'HTTP_HEAD_TOO_LARGE';
    case 505:
      return 'HTTP_VERSION_UNSUPPORTED';
    default:
      return 'HTTP_REQUEST_INVALID';
  }
}
