/** Every error of the operator that users can meet, by code. Each has a row in
 * docs/errors.md; codes are never reused. */
const OPERATOR_ERRORS = {
  RESOURCE_UNREADABLE: { message: 'the StreamCluster cannot be read', httpStatus: 500 },
  RESOURCE_INVALID: { message: 'the StreamCluster is not valid', httpStatus: 422 },
  OPTIONS_INVALID: { message: 'an option is missing or malformed', httpStatus: 500 },
  PORT_IN_USE: { message: 'the port is in use by another process', httpStatus: 500 },
  ALREADY_RUNNING: { message: 'this checkout runs already', httpStatus: 500 },
  NATS_MISSING: { message: 'there is no nats-server', httpStatus: 500 },
  NATS_UNREACHABLE: { message: 'NATS does not answer', httpStatus: 503 },
  NATS_REFUSED: { message: 'NATS refuses what the operator needs', httpStatus: 503 },
  WORKER_EXITED: { message: 'a worker ended by itself', httpStatus: 500 },
  WORKER_HUNG: { message: 'a worker said nothing and was killed', httpStatus: 500 },
  WORKER_REJECTED: { message: 'a node refused a worker', httpStatus: 500 },
  WORKER_UNREACHABLE: { message: 'a worker does not answer', httpStatus: 502 },
  CPUS_SHARED: { message: 'there are fewer CPUs than workers', httpStatus: 500 },
  NO_LEADER: { message: 'no operator leads', httpStatus: 503 },
  CRD_OUTDATED: { message: 'the CRD is older than the operator', httpStatus: 500 },
  KUBERNETES_UNREACHABLE: { message: 'the API server does not answer', httpStatus: 503 },
  NO_WORKERS: { message: 'no worker can take the stream', httpStatus: 503 },
  NOT_FOUND: { message: 'there is no such thing', httpStatus: 404 },
  REQUEST_INVALID: { message: 'the request is malformed', httpStatus: 400 },
  LOGIN_REQUIRED: { message: 'a login is needed', httpStatus: 401 },
  LOGIN_REFUSED: { message: 'the token is not known', httpStatus: 401 },
  LOGIN_LIMITED: { message: 'too many wrong tokens came from this address', httpStatus: 429 },
  ROLE_INSUFFICIENT: { message: 'this role may only read', httpStatus: 403 },
  ACTION_REFUSED: { message: 'this cannot be done', httpStatus: 409 },
  TOO_MANY: { message: 'too many at once', httpStatus: 503 },
  CONSOLE_AUTH_INVALID: { message: 'the tokens of the page cannot be used', httpStatus: 500 },
  REQUEST_CROSS_SITE: { message: 'the request came from another site', httpStatus: 403 },
  CREDENTIALS_INVALID: { message: 'a Secret with credentials cannot be used', httpStatus: 500 },
  CREDENTIALS_CONTESTED: { message: 'others keep changing a Secret', httpStatus: 500 },
  CREDENTIALS_REFUSED: { message: 'the certificate is not for this', httpStatus: 403 },
  INTERNAL: { message: 'internal error', httpStatus: 500 },
} as const satisfies Record<string, ErrorRow>;

interface ErrorRow {
  readonly message: string;
  /** How the API answers it. */
  readonly httpStatus: number;
}

export type OperatorErrorCode = keyof typeof OPERATOR_ERRORS;

/** All codes, for the test that compares them with docs/errors.md. */
export const OPERATOR_ERROR_CODES = Object.keys(OPERATOR_ERRORS) as OperatorErrorCode[];

export class OperatorError extends Error {
  readonly code: OperatorErrorCode;
  /** The code's constant message. */
  readonly title: string;
  readonly httpStatus: number;

  /** `detail` is appended to the code's constant message. */
  constructor(code: OperatorErrorCode, detail?: string, options?: ErrorOptions) {
    const { message, httpStatus } = OPERATOR_ERRORS[code];
    super(detail === undefined ? message : `${message}: ${detail}`, options);
    this.name = 'OperatorError';
    this.code = code;
    this.title = message;
    this.httpStatus = httpStatus;
  }
}
