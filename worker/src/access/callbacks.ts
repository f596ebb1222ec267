import { hash } from 'node:crypto';
import type { ActionAccess } from '@streamcluster/proto';
import type { Logger } from 'pino';
import { WorkerError } from '../errors.ts';
import type { Clock } from '../stream/clock.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { Outside } from './outside.ts';
import type { SessionEnd } from './session-end.ts';
import { Slots } from './slots.ts';
import type { Visit } from './visit.ts';

export type CallbackConfig = NonNullable<ActionAccess['callback']>;

export interface CallbacksOptions {
  readonly outside: Outside;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: { count(reason: string): void };
  /** What is sent as `Authorization: Bearer`; undefined: there is no such entry. */
  readonly secret: (entry: string) => Buffer | undefined;
}

type Answer = 'allowed' | 'refused';
interface Question {
  readonly name: string;
  readonly body: string;
  readonly callback: CallbackConfig;
}

/** How much a server is asked and told at a time. */
interface Share {
  readonly asking: Slots;
  readonly telling: Slots;
}

const TRIES = 2;
const ASKED_AT_ONCE = 64;
const MAX_WAITING = 2_000;
const TOLD_AT_ONCE = 8;
const MAX_UNTOLD = 1_000;
const MAX_KNOWN = 20_000;
/** Clients call themselves as they like. */
const MAX_AGENT_CHARACTERS = 256;
const FAILED = 'ACCESS_CALLBACK_FAILED';

/**
 * Servers that users name, asked about visitors and told of ends. The same question is
 * asked once at a time, and its answer kept. What nobody answers in time has failed.
 */
export class Callbacks {
  private readonly options: CallbacksOptions;
  private readonly known = new BoundedCache<Answer>(MAX_KNOWN);
  private readonly asked = new Map<string, Promise<void>>();
  /** By origin, of all that rules ever named: one that hangs keeps nobody from the others. */
  private readonly shares = new Map<string, Share>();
  /** Servers that failed last time: said once. */
  private readonly failing = new Set<string>();

  constructor(options: CallbacksOptions) {
    this.options = options;
  }

  /** Undefined: allowed. Throws or rejects with ACCESS_REFUSED or ACCESS_CALLBACK_FAILED. */
  ask(visit: Visit, subject: string, callback: CallbackConfig): Promise<void> | undefined {
    const body = questionOf(visit, subject);
    const name = hash('sha256', `${callback.url}\n${body}`, 'base64');
    const known = this.known.get(name, this.options.clock.nowMs());
    if (known === 'allowed') return undefined;
    if (known === 'refused') throw refusal();
    const underWay = this.asked.get(name);
    if (underWay !== undefined) return underWay;
    const answer = this.answer({ name, body, callback }).finally(() => this.asked.delete(name));
    this.asked.set(name, answer);
    return answer;
  }

  /** Nobody waits for it; when too much is untold it is dropped, and counted. */
  tell(end: SessionEnd, callback: CallbackConfig): void {
    const { telling } = this.shareOf(callback);
    const slot = telling.take();
    if (slot === undefined) {
      this.failed(callback, 'too many ends to tell');
      return;
    }
    void slot
      .then(() => this.post(endOf(end), callback))
      .catch((error: unknown) => this.failed(callback, error))
      .finally(() => telling.give());
  }

  private async answer(question: Question): Promise<void> {
    const { callback, name } = question;
    try {
      const answer = await this.answerOf(question);
      this.failing.delete(callback.url);
      const { keepAllowedSeconds, keepRefusedSeconds } = callback;
      const keepSeconds = answer === 'allowed' ? keepAllowedSeconds : keepRefusedSeconds;
      const { clock } = this.options;
      if (keepSeconds > 0) this.known.set(name, answer, clock.nowMs() + keepSeconds * 1000);
      if (answer === 'allowed') return;
    } catch (error) {
      this.failed(callback, error);
      if (callback.allowOnFailure) return;
      throw new WorkerError(FAILED);
    }
    throw refusal();
  }

  private async answerOf({ body, callback }: Question): Promise<Answer> {
    const { clock } = this.options;
    const { asking } = this.shareOf(callback);
    const slot = asking.take();
    if (slot === undefined) throw new Error('too many questions');
    const sinceMs = clock.nowMs();
    await slot;
    try {
      // The others that waited have waited as long: all of them fail at once.
      if (clock.nowMs() - sinceMs > callback.timeoutSeconds * 1000) throw new Error('waited');
      return await this.post(body, callback);
    } finally {
      asking.give();
    }
  }

  private shareOf({ url }: CallbackConfig): Share {
    const { origin } = new URL(url);
    const known = this.shares.get(origin);
    if (known !== undefined) return known;
    const share = {
      asking: new Slots(ASKED_AT_ONCE, MAX_WAITING),
      telling: new Slots(TOLD_AT_ONCE, MAX_UNTOLD),
    };
    this.shares.set(origin, share);
    return share;
  }

  /** Rejects when there is no yes and no no. */
  private async post(body: string, callback: CallbackConfig): Promise<Answer> {
    const { outside, secret } = this.options;
    const { url, tokenKey, timeoutSeconds } = callback;
    const bearer = tokenKey === '' ? '' : (secret(tokenKey)?.toString('utf8') ?? '');
    let fault: unknown;
    for (let i = 0; i < TRIES; i += 1) {
      try {
        const request = { url, body, bearer, timeoutMs: timeoutSeconds * 1000 };
        return meaningOf(await outside.post(request));
      } catch (error) {
        fault = error;
      }
    }
    throw fault;
  }

  private failed({ url }: CallbackConfig, error: unknown): void {
    const { log, counters } = this.options;
    counters.count(FAILED);
    if (this.failing.has(url)) return;
    this.failing.add(url);
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ code: FAILED, server: new URL(url).origin, reason }, 'callback failed');
  }
}

function meaningOf(status: number): Answer {
  if (status >= 200 && status < 300) return 'allowed';
  if (status >= 400 && status < 500) return 'refused';
  throw new Error(`status ${status}`);
}

function refusal(): WorkerError {
  return new WorkerError('ACCESS_REFUSED', 'the callback said no');
}

function questionOf(visit: Visit, subject: string): string {
  const { query } = visit;
  return JSON.stringify({ event: visit.action, ...who(visit, subject), query });
}

function endOf({ id, visit, subject, reason, bytes, durationMs }: SessionEnd): string {
  const { action } = visit;
  const facts = { event: 'done', session: id, action, ...who(visit, subject) };
  return JSON.stringify({ ...facts, reason, bytes, durationMs });
}

function who({ name, protocol, address, isEncrypted, userAgent }: Visit, subject: string): object {
  return {
    ...{ stream: name.key, app: name.app, name: name.name },
    ...{ protocol, address, isEncrypted, subject },
    userAgent: userAgent.slice(0, MAX_AGENT_CHARACTERS),
  };
}
