import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { KubeError } from './api-error.ts';
import { BackOff } from './back-off.ts';
import { FIELD_MANAGER, type KubeClient } from './client.ts';
import { isAlreadyExists, isNotFound, isRetryable } from './error-kinds.ts';
import { EventLimits } from './event-limits.ts';
import { EventSeriesCache } from './event-series.ts';
import { resources, type Event } from './resources.ts';
import { sleep } from './sleep.ts';
import type { KubeObject, Stored } from './wire.ts';

export interface EventRecorderOptions {
  readonly client: Pick<KubeClient, 'create' | 'patch'>;
  /** The pod that says it. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: () => number;
}

/** Of which object an Event speaks. */
export type InvolvedObject = Event['involvedObject'];

export interface EventToRecord {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
}

/** What became of the Events. */
export interface EventCounts {
  readonly sent: number;
  /** Too many of one object, or waiting. */
  readonly dropped: number;
  readonly failed: number;
}

interface Waiting {
  readonly object: InvolvedObject;
  readonly event: EventToRecord;
  readonly atMs: number;
}

const MAX_WAITING = 1_000;
const MAX_TRIES = 8;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** How long those that wait have, once it is closed. */
const CLOSE_MS = 2_000;
const MAX_MESSAGE = 1_024;
const MAX_NAME_OF_OBJECT = 230;

/** Of which object an Event is to speak. */
export function referenceTo({ apiVersion, kind, metadata }: Stored<KubeObject>): InvolvedObject {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind !== undefined && { kind }),
    name,
    namespace,
    uid,
    resourceVersion,
  };
}

/** Writes Events, in the background. Never throws, never floods. */
export class EventRecorder {
  private readonly options: EventRecorderOptions;
  private readonly limits: EventLimits;
  private readonly series: EventSeriesCache;
  private readonly backOff: BackOff;
  private readonly waiting: Waiting[] = [];
  private readonly closing = new AbortController();
  private sending: Promise<void> | undefined = undefined;
  private isClosed = false;
  private sent = 0;
  private dropped = 0;
  private failed = 0;

  constructor(options: EventRecorderOptions) {
    this.options = options;
    const { clock, random } = options;
    this.limits = new EventLimits(clock);
    this.series = new EventSeriesCache(clock);
    this.backOff = new BackOff({
      firstMs: FIRST_RETRY_MS,
      maxMs: MAX_RETRY_MS,
      ...(random && { random }),
    });
  }

  get counts(): EventCounts {
    const { sent, dropped, failed } = this;
    return { sent, dropped, failed };
  }

  record(object: InvolvedObject, event: EventToRecord): void {
    const { kind = '', namespace = '', name = '', uid = '' } = object;
    // What is said again and again must not silence what is said once.
    const key = [kind, namespace, name, uid, event.reason].join('/');
    const isAllowed = this.limits.tryTake(key);
    if (this.isClosed || !isAllowed || this.waiting.length >= MAX_WAITING) {
      this.dropped += 1;
      return;
    }
    this.waiting.push({ object, event, atMs: this.options.clock.unixMs() });
    this.sending ??= this.sendAll();
  }

  /** Sends what waits, if that is soon done. */
  async close(): Promise<void> {
    this.isClosed = true;
    const { clock } = this.options;
    const timer = clock.setTimer(CLOSE_MS, () =>
      this.closing.abort(KubeError.local('Closed', 'the recorder is closed')),
    );
    await this.sending;
    timer.clear();
  }

  private async sendAll(): Promise<void> {
    for (let one = this.waiting.shift(); one !== undefined; one = this.waiting.shift()) {
      if (await this.send(one)) this.sent += 1;
      else this.failed += 1;
    }
    // At once, or one that is recorded before a promise tells of it would be left behind.
    this.sending = undefined;
  }

  private async send({ object, event, atMs }: Waiting): Promise<boolean> {
    const { signal } = this.closing;
    const body = this.bodyOf(object, event, atMs);
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await this.write(body);
        this.backOff.reset();
        return true;
      } catch (error) {
        if (!isRetryable(error) || attempt === MAX_TRIES) return this.giveUp(error, body);
        await sleep(this.options.clock, this.backOff.nextMs(), signal).catch(() => undefined);
      }
    }
    return false;
  }

  private giveUp(error: unknown, { involvedObject, reason }: Event): boolean {
    if (!this.closing.signal.aborted) {
      this.options.log.warn({ err: error, object: involvedObject.name, reason }, 'event lost');
    }
    return false;
  }

  private async write(body: Event): Promise<void> {
    const key = keyOfEvent(body);
    const before = this.series.find(key);
    if (before !== undefined && (await this.countUp(body, before.name, before.count + 1))) {
      this.series.note(key, before.name, before.count + 1);
      return;
    }
    const { signal } = this.closing;
    try {
      await this.options.client.create(resources.events, body, { signal });
    } catch (error) {
      // A try before this one had succeeded, only nobody heard.
      if (!isAlreadyExists(error)) throw error;
    }
    this.series.note(key, body.metadata?.name ?? '', 1);
  }

  /** False: the Event is gone, as all are after an hour. */
  private async countUp(body: Event, name: string, count: number): Promise<boolean> {
    const { lastTimestamp, metadata } = body;
    const namespace = metadata?.namespace ?? '';
    const { signal } = this.closing;
    const patch = { count, lastTimestamp };
    try {
      await this.options.client.patch(resources.events, { namespace, name }, patch, { signal });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  private bodyOf(object: InvolvedObject, event: EventToRecord, atMs: number): Event {
    const { type, reason, message } = event;
    const time = new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
    const name = (object.name ?? '').slice(0, MAX_NAME_OF_OBJECT);
    return {
      metadata: {
        // What lies in no namespace is told of in `default`.
        namespace: object.namespace || 'default',
        name: `${name}.${randomBytes(8).toString('hex')}`,
      },
      involvedObject: object,
      type,
      reason,
      message: message.slice(0, MAX_MESSAGE),
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      source: { component: FIELD_MANAGER },
      reportingComponent: FIELD_MANAGER,
      reportingInstance: this.options.instance,
    };
  }
}

function keyOfEvent({ involvedObject, type, reason, message }: Event): string {
  const { kind, namespace, name, uid } = involvedObject;
  return JSON.stringify([kind, namespace, name, uid, type, reason, message]);
}
