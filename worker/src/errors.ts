/** Every error of a worker that users or operators can meet, by code. Each has
 * a row in docs/errors.md; codes are never reused. */
const WORKER_ERRORS = {
  STREAM_NAME_INVALID: { message: 'stream name is not valid', httpStatus: 400 },
  ACCESS_BANNED: { message: 'refused for a time', httpStatus: 403 },
  ACCESS_SEGMENT_KEY: { message: 'not the address that a playlist gave', httpStatus: 403 },
  STREAM_NOT_FOUND: { message: 'no such stream', httpStatus: 404 },
  STREAM_BUSY: { message: 'stream already has a publisher', httpStatus: 409 },
  STREAM_UPSTREAM_LOST: {
    message: 'the worker that has the stream does not answer',
    httpStatus: 502,
  },
  WORKER_DRAINING: { message: 'worker is draining', httpStatus: 503 },
  WORKER_OVERLOADED: { message: 'worker has no room for more', httpStatus: 503 },
  ACCESS_TOKEN_MISSING: { message: 'a token or a signed URL is needed', httpStatus: 401 },
  ACCESS_TOKEN_INVALID: { message: 'the token or the signature is not good', httpStatus: 401 },
  ACCESS_TOKEN_EXPIRED: { message: 'the token or the signed URL is over', httpStatus: 401 },
  ACCESS_REFUSED: { message: 'not allowed', httpStatus: 403 },
  ACCESS_ADDRESS_REFUSED: { message: 'not allowed from this address', httpStatus: 403 },
  ACCESS_LIMIT_REACHED: { message: 'a limit is reached', httpStatus: 429 },
  ACCESS_CALLBACK_FAILED: { message: 'who decides does not answer', httpStatus: 503 },
  ACCESS_NOT_READY: { message: 'the worker was not told the rules yet', httpStatus: 503 },
  ACCESS_KEYS_INVALID: { message: 'keys are missing or malformed', httpStatus: 503 },
  ACCESS_RULES_INVALID: { message: 'rules of access are malformed', httpStatus: 500 },
  PROXY_HEADER_INVALID: { message: 'PROXY protocol header is malformed', httpStatus: 400 },
  DIRECTORY_UNAVAILABLE: { message: 'the directory does not answer', httpStatus: 503 },
  CLAIM_LOST: { message: 'another worker has this stream', httpStatus: 409 },
  RELAY_BROKEN: { message: 'what the upstream worker sends cannot be used', httpStatus: 502 },
  RELAY_FULL: { message: 'as many workers as may pull this stream from here', httpStatus: 503 },
  NATS_UNREACHABLE: { message: 'NATS does not answer', httpStatus: 503 },
  NATS_REFUSED: { message: 'NATS refuses what a worker needs', httpStatus: 503 },
  PEER_UNREACHABLE: { message: 'a worker or the operator does not answer', httpStatus: 503 },
  PEER_REFUSED: { message: 'the caller may not ask this of a worker', httpStatus: 403 },
  CREDENTIALS_INVALID: {
    message: 'credentials are missing, malformed or do not fit',
    httpStatus: 500,
  },
  TLS_CERTIFICATE_INVALID: {
    message: 'a certificate for users is missing, malformed or does not fit its key',
    httpStatus: 500,
  },
  TLS_HANDSHAKE_FAILED: {
    message: 'clients cannot agree on TLS with this worker',
    httpStatus: 400,
  },
  OPTIONS_INVALID: { message: 'an option is missing or malformed', httpStatus: 500 },
  PORT_IN_USE: { message: 'the port is in use by another process', httpStatus: 500 },
  ENGINE_MISSING: { message: 'the native engine is not built', httpStatus: 500 },
  ENGINE_BROKEN: { message: 'the native engine does not work here', httpStatus: 500 },
  ENGINE_LISTEN: { message: 'cannot open a socket', httpStatus: 500 },
  ENGINE_AFFINITY: { message: 'cannot pin to these CPUs', httpStatus: 500 },
  RTMP_HANDSHAKE_INVALID: { message: 'not an RTMP handshake', httpStatus: 400 },
  RTMP_CHUNKS_INVALID: { message: 'RTMP chunks are malformed or beyond bounds', httpStatus: 400 },
  RTMP_COMMAND_INVALID: { message: 'RTMP command is malformed or out of place', httpStatus: 400 },
  RTMP_TIMEOUT: { message: 'client did not publish or play in time', httpStatus: 408 },
  PUBLISHER_IDLE: { message: 'publisher sends no media', httpStatus: 408 },
  MEDIA_UNSUPPORTED: {
    message: 'media is malformed or its codec is not supported',
    httpStatus: 415,
  },
  HTTP_REQUEST_INVALID: { message: 'HTTP request is malformed', httpStatus: 400 },
  HTTP_TARGET_TOO_LONG: { message: 'HTTP request line is too long', httpStatus: 414 },
  HTTP_HEAD_TOO_LARGE: { message: 'HTTP request head is too large', httpStatus: 431 },
  HTTP_VERSION_UNSUPPORTED: { message: 'HTTP version is not supported', httpStatus: 505 },
  HTTP_METHOD_NOT_ALLOWED: { message: 'method is not allowed here', httpStatus: 405 },
  HTTP_RANGE_INVALID: { message: 'range is outside of the body', httpStatus: 416 },
  HTTP_TIMEOUT: { message: 'request was not complete in time', httpStatus: 408 },
  WEBSOCKET_HANDSHAKE_INVALID: { message: 'WebSocket handshake is malformed', httpStatus: 400 },
  WEBSOCKET_VERSION_UNSUPPORTED: { message: 'WebSocket version is not 13', httpStatus: 426 },
  WEBSOCKET_FRAME_INVALID: {
    message: 'WebSocket frame is malformed or too large',
    httpStatus: 400,
  },
  HLS_CODEC_UNSUPPORTED: { message: 'HLS cannot carry the codecs of the stream', httpStatus: 415 },
  HLS_NOT_READY: { message: 'no segment of the stream is complete yet', httpStatus: 503 },
  HLS_SEGMENT_GONE: { message: 'segment is not in the playlist', httpStatus: 404 },
  PROFILE_INVALID: { message: 'a profile takes above 0 and at most 60 seconds', httpStatus: 400 },
  PROFILE_BUSY: { message: 'a profile is being taken', httpStatus: 409 },
  INTERNAL: { message: 'internal error', httpStatus: 500 },
} as const satisfies Record<string, ErrorRow>;

interface ErrorRow {
  readonly message: string;
  /** How the HTTP front answers it. */
  readonly httpStatus: number;
}

export type WorkerErrorCode = keyof typeof WORKER_ERRORS;

/** All codes, for the test that compares them with docs/errors.md. */
export const WORKER_ERROR_CODES = Object.keys(WORKER_ERRORS) as WorkerErrorCode[];

export class WorkerError extends Error {
  readonly code: WorkerErrorCode;
  readonly httpStatus: number;
  /** Empty: there is none. */
  readonly detail: string;

  /** `detail` is appended to the code's constant message. */
  constructor(code: WorkerErrorCode, detail?: string, options?: ErrorOptions) {
    const { message, httpStatus } = WORKER_ERRORS[code];
    super(detail === undefined ? message : `${message}: ${detail}`, options);
    this.name = 'WorkerError';
    this.code = code;
    this.httpStatus = httpStatus;
    this.detail = detail ?? '';
  }
}
