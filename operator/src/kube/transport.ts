import http from 'node:http';
import https from 'node:https';
import { KubeError } from './api-error.ts';
import type { Access, Credentials } from './credentials.ts';
import { retryAfterMs } from './retry-after.ts';

export interface TransportOptions {
  readonly credentials: Credentials;
  readonly userAgent: string;
}

export interface HttpRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
  /** Aborted with the error that is to be thrown. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly code: number;
  readonly body: string;
  readonly retryAfterMs: number | undefined;
}

/** 500 pods with all that they carry are about 10 MB. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

/** HTTP to the API server. All requests of the operator go through here. */
export class Transport {
  private readonly options: TransportOptions;

  constructor(options: TransportOptions) {
    this.options = options;
  }

  /** The whole answer, whatever its code. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const response = await this.open(request);
    return await readAnswer(response, MAX_BODY_BYTES, request.signal);
  }

  /** The answer as it comes in; thrown if it is no success. */
  async stream(request: HttpRequest): Promise<http.IncomingMessage> {
    const response = await this.open(request);
    if (response.statusCode === 200) return response;
    const answer = await readAnswer(response, MAX_ERROR_BYTES, request.signal);
    throw KubeError.fromAnswer(answer.code, answer.body, answer.retryAfterMs);
  }

  /** An idle connection that the server just closed is no reason to fail, if asking twice is harmless. */
  private async open(request: HttpRequest): Promise<http.IncomingMessage> {
    const access = await this.options.credentials.access();
    request.signal.throwIfAborted();
    try {
      return await this.ask(access, request);
    } catch (error) {
      if (request.method === 'GET' && error instanceof StaleConnection) {
        return await this.ask(access, request);
      }
      throw error;
    }
  }

  private ask(access: Access, request: HttpRequest): Promise<http.IncomingMessage> {
    const { url, agent, headers } = access;
    const { method, path, body, contentType, signal } = request;
    const { protocol, hostname, port } = url;
    const options: https.RequestOptions = {
      method,
      protocol,
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? undefined : port,
      path: url.pathname.replace(/\/$/, '') + path,
      agent,
      headers: {
        ...headers,
        Accept: 'application/json',
        'User-Agent': this.options.userAgent,
        ...(contentType !== undefined && { 'Content-Type': contentType }),
        ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
      },
    };
    return exchange(options, body, signal);
  }
}

/** The server closed a kept connection before it can have seen the request. */
class StaleConnection extends KubeError {
  constructor(cause: Error) {
    super({ code: 0, reason: 'Unreachable', message: cause.message, causes: [], cause });
  }
}

function exchange(
  options: https.RequestOptions,
  body: string | undefined,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const start = options.protocol === 'http:' ? http.request : https.request;
    const request = start(options, (response) => resolve(response));
    const onAbort = (): void => void request.destroy(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    request.once('close', () => signal.removeEventListener('abort', onAbort));
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = request.reusedSocket && error.code === 'ECONNRESET' && !signal.aborted;
      reject(isStale ? new StaleConnection(error) : asKubeError(error));
    });
    request.end(body);
  });
}

async function readAnswer(
  response: http.IncomingMessage,
  maxBytes: number,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      // Leaving the loop destroys the connection.
      if (bytes > maxBytes) throw KubeError.local('Malformed', `answer over ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw signal.aborted ? (signal.reason as Error) : asKubeError(error);
  }
  return {
    code: response.statusCode ?? 0,
    body: Buffer.concat(chunks).toString('utf8'),
    retryAfterMs: retryAfterMs(response.headers['retry-after']),
  };
}

export function asKubeError(error: unknown): Error {
  if (error instanceof KubeError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return KubeError.local('Unreachable', `API server does not answer: ${detail}`, error);
}
