import type { IncomingMessage } from 'node:http';
import { AbortGroup } from './abort-group.ts';
import { parseBody } from './answers.ts';
import { KubeError } from './api-error.ts';
import type { CallOptions, KubeClientOptions, Verb } from './client-types.ts';
import { Credentials } from './credentials.ts';
import { pathOf, type Query, type Target } from './paths.ts';
import { RequestGate } from './request-gate.ts';
import type { Resource } from './resources.ts';
import { sleep } from './sleep.ts';
import { Transport, type HttpAnswer, type HttpRequest } from './transport.ts';
import type { KubeObject } from './wire.ts';

export interface Call {
  readonly verb: Verb;
  readonly resource: Resource<KubeObject>;
  readonly target: Target;
  readonly query?: Query;
  readonly body?: unknown;
  readonly contentType?: string;
}

const TIMEOUT_MS = 30_000;
const PER_SECOND = 50;
const BURST = 100;
const MAX_CONCURRENT = 16;
/** Tries of a request that is answered with 429 and a time to wait. */
const MAX_TRIES = 4;

const METHODS: Readonly<Record<Verb, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  apply: 'PATCH',
  delete: 'DELETE',
};

/** What is common to all requests: time, rate, counts, tries. */
export class Caller {
  private readonly options: KubeClientOptions;
  private readonly credentials: Credentials;
  private readonly transport: Transport;
  private readonly gate: RequestGate;
  private readonly group = new AbortGroup();

  constructor(options: KubeClientOptions, userAgent: string) {
    this.options = options;
    const { clock, load, perSecond, burst, maxConcurrent } = options;
    this.credentials = new Credentials({ load, clock });
    this.transport = new Transport({ credentials: this.credentials, userAgent });
    this.gate = new RequestGate({
      perSecond: perSecond ?? PER_SECOND,
      burst: burst ?? BURST,
      maxConcurrent: maxConcurrent ?? MAX_CONCURRENT,
      clock,
    });
  }

  async prepare(): Promise<void> {
    await this.credentials.access();
  }

  /** The answer's body, parsed. */
  async call(call: Call, options: CallOptions): Promise<unknown> {
    const { timeoutMs = TIMEOUT_MS, isUrgent = false } = options;
    const aborter = this.group.join(options.signal);
    const timer = this.options.clock.setTimer(timeoutMs, () =>
      aborter.abort(late(call, timeoutMs)),
    );
    try {
      return await this.tries(call, isUrgent, aborter.signal);
    } finally {
      timer.clear();
      aborter.release();
    }
  }

  /** The answer's body as it comes in. Only its beginning is bound in time. */
  async stream(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    const aborter = this.group.join(signal);
    const { clock } = this.options;
    const timer = clock.setTimer(TIMEOUT_MS, () => aborter.abort(late(call, TIMEOUT_MS)));
    const request = requestOf(call, aborter.signal);
    const open = async (): Promise<IncomingMessage> => await this.transport.stream(request);
    try {
      const once = async (): Promise<IncomingMessage> => await this.counted(call, open);
      const response = await this.gated(aborter.signal, false, once);
      response.once('close', () => aborter.release());
      return response;
    } catch (error) {
      aborter.release();
      throw error;
    } finally {
      timer.clear();
    }
  }

  close(): void {
    this.group.abort(KubeError.local('Closed', 'the client is closed'));
    this.gate.close();
    this.credentials.close();
  }

  private async tries(call: Call, isUrgent: boolean, signal: AbortSignal): Promise<unknown> {
    const request = requestOf(call, signal);
    const send = async (): Promise<HttpAnswer> => succeed(await this.transport.send(request));
    for (let attempt = 1; ; attempt += 1) {
      try {
        const once = async (): Promise<HttpAnswer> => await this.counted(call, send);
        return parseBody((await this.gated(signal, isUrgent, once)).body);
      } catch (error) {
        const waitMs = waitOf(error);
        if (waitMs === undefined || attempt === MAX_TRIES) throw error;
        await sleep(this.options.clock, waitMs, signal);
      }
    }
  }

  private async gated<Result>(
    signal: AbortSignal,
    isUrgent: boolean,
    run: () => Promise<Result>,
  ): Promise<Result> {
    if (isUrgent) return await run();
    await this.gate.enter(signal);
    try {
      return await run();
    } finally {
      this.gate.leave();
    }
  }

  private async counted<Result extends HttpAnswer | IncomingMessage>(
    { verb, resource }: Call,
    run: () => Promise<Result>,
  ): Promise<Result> {
    const { clock, onRequest } = this.options;
    const startMs = clock.nowMs();
    const count = (code: number): void =>
      onRequest?.(verb, resource.plural, code, clock.nowMs() - startMs);
    try {
      const result = await run();
      count('code' in result ? result.code : (result.statusCode ?? 0));
      return result;
    } catch (error) {
      count(error instanceof KubeError ? error.code : 0);
      if (error instanceof KubeError && error.code === 401) this.credentials.refused();
      throw error;
    }
  }
}

function requestOf(call: Call, signal: AbortSignal): HttpRequest {
  const { verb, resource, target, query, body, contentType = 'application/json' } = call;
  const method = METHODS[verb];
  const path = pathOf(resource, target, query);
  if (body === undefined) return { method, path, signal };
  return { method, path, signal, body: JSON.stringify(body), contentType };
}

function late({ verb, resource }: Call, timeoutMs: number): KubeError {
  const what = `${verb} ${resource.plural}`;
  return KubeError.local('RequestTimeout', `${what}: no answer within ${timeoutMs} ms`);
}

function succeed(answer: HttpAnswer): HttpAnswer {
  const { code, body, retryAfterMs } = answer;
  if (code >= 200 && code < 300) return answer;
  throw KubeError.fromAnswer(code, body, retryAfterMs);
}

/** Undefined: the server did not ask to be asked again. */
function waitOf(error: unknown): number | undefined {
  return error instanceof KubeError && error.code === 429 ? error.retryAfterMs : undefined;
}
