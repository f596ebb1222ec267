import type { Logger } from 'pino';
import type { Clock, Timer } from '../clock.ts';
import { KubeError } from './api-error.ts';
import { BackOff } from './back-off.ts';
import type { KubeClient } from './client.ts';
import type { Selection } from './client-types.ts';
import { isGone } from './error-kinds.ts';
import { listAll } from './list-all.ts';
import type { Resource } from './resources.ts';
import { sleep } from './sleep.ts';
import { watchOnce } from './watch-once.ts';
import type { WatchEvent } from './watch-event.ts';
import type { KubeObject, Stored } from './wire.ts';

export interface ListWatchOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly resource: Resource<T>;
  readonly selection: Selection;
  readonly clock: Clock;
  readonly log: Logger;
  /** All that there is. */
  readonly onList: (items: readonly Stored<T>[]) => void;
  readonly onEvent: (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Stored<T>) => void;
  readonly random?: () => number;
}

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;
const RELIST_MS = 10 * 60_000;
const MIN_WATCH_SECONDS = 300;
const MAX_WATCH_SECONDS = 600;
/** Who ends a watch sooner than this does not serve it. */
const SHORT_WATCH_MS = 10_000;
/** Watches that fail in a row before it lists again: the server may be of another past. */
const MAX_WATCH_FAILURES = 3;

/** Why a watch ended early, by itself. */
class Relist extends Error {}

/**
 * Keeps telling what there is: lists, watches from there on, and lists again
 * from time to time, so that whatever was missed is repaired.
 */
export class ListWatch<T extends KubeObject> {
  private readonly options: ListWatchOptions<T>;
  private readonly backOff: BackOff;
  private readonly closing = new AbortController();
  private running: Promise<void> | undefined = undefined;
  private resourceVersion = '';
  private listedAtMs = 0;
  private contactAtMs: number | undefined = undefined;
  private error: Error | undefined = undefined;

  constructor(options: ListWatchOptions<T>) {
    this.options = options;
    const { random } = options;
    this.backOff = new BackOff({
      firstMs: FIRST_RETRY_MS,
      maxMs: MAX_RETRY_MS,
      ...(random && { random }),
    });
  }

  start(): void {
    this.running ??= this.run();
  }

  async close(): Promise<void> {
    this.closing.abort(KubeError.local('Closed', 'the watch is closed'));
    await this.running;
  }

  /** Why it knows nothing new; undefined: it does. */
  get lastError(): Error | undefined {
    return this.error;
  }

  /** On the monotonic clock; undefined: never. */
  get lastContactMs(): number | undefined {
    return this.contactAtMs;
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    while (!this.closing.signal.aborted) {
      try {
        await this.step(signal);
      } catch (error) {
        if (!signal.aborted) await this.recover(error as Error, signal);
      }
    }
  }

  private async step(signal: AbortSignal): Promise<void> {
    if (this.resourceVersion === '') await this.list(signal);
    const { clock } = this.options;
    const startMs = clock.nowMs();
    const isShort = (): boolean => clock.nowMs() - startMs < SHORT_WATCH_MS;
    try {
      await this.watch(signal);
    } finally {
      // A watch that opens proves nothing yet: it may end with its first event, each time.
      if (!isShort()) this.backOff.reset();
    }
    if (isShort()) throw KubeError.local('Unreachable', 'the server ends watches at once');
  }

  private async list(signal: AbortSignal): Promise<void> {
    const { client, resource, selection, clock, onList } = this.options;
    const { items, resourceVersion } = await listAll(client, resource, { ...selection, signal });
    this.resourceVersion = resourceVersion;
    this.listedAtMs = clock.nowMs();
    this.contact();
    onList(items);
  }

  private async watch(signal: AbortSignal): Promise<void> {
    const { client, resource, selection, clock } = this.options;
    const ending = new AbortController();
    const onClose = (): void => ending.abort(signal.reason);
    signal.addEventListener('abort', onClose, { once: true });
    const timer = this.relistTimer(ending);
    try {
      await watchOnce<T>({
        ...selection,
        client,
        resource,
        clock,
        resourceVersion: this.resourceVersion,
        timeoutSeconds: Math.round(this.between(MIN_WATCH_SECONDS, MAX_WATCH_SECONDS)),
        signal: ending.signal,
        onOpen: () => this.healthy(),
        onBytes: () => this.contact(),
        onEvent: (event) => this.take(event),
      });
    } finally {
      timer.clear();
      signal.removeEventListener('abort', onClose);
    }
  }

  private relistTimer(ending: AbortController): Timer {
    const { clock } = this.options;
    const dueMs = this.listedAtMs + RELIST_MS * this.between(0.8, 1.2);
    return clock.setTimer(Math.max(0, dueMs - clock.nowMs()), () => ending.abort(new Relist()));
  }

  private take(event: Exclude<WatchEvent<T>, { readonly type: 'ERROR' }>): void {
    if (event.type === 'BOOKMARK') {
      this.resourceVersion = event.resourceVersion;
      return;
    }
    this.resourceVersion = event.object.metadata.resourceVersion;
    this.options.onEvent(event.type, event.object);
  }

  private async recover(error: Error, signal: AbortSignal): Promise<void> {
    if (error instanceof Relist) {
      this.resourceVersion = '';
      return;
    }
    const { failuresInARow } = this.backOff;
    if (isGone(error) || failuresInARow >= MAX_WATCH_FAILURES) this.resourceVersion = '';
    const waitMs = Math.max(this.backOff.nextMs(), retryAfterOf(error));
    this.complain(error, waitMs);
    await sleep(this.options.clock, waitMs, signal).catch(() => undefined);
  }

  /** Once per outage, not once per try. */
  private complain(error: Error, waitMs: number): void {
    const { log, resource, selection } = this.options;
    const { namespace } = selection;
    const code = 'KUBERNETES_UNREACHABLE';
    const fields = { resource: resource.plural, namespace, code, err: error, waitMs };
    if (this.error === undefined && !isGone(error)) log.warn(fields, 'watch lost');
    else log.debug(fields, 'watch failed again');
    this.error = error;
  }

  private healthy(): void {
    if (this.error !== undefined) {
      const { log, resource, selection } = this.options;
      log.info({ resource: resource.plural, namespace: selection.namespace }, 'watch restored');
    }
    this.error = undefined;
    this.contact();
  }

  private contact(): void {
    this.contactAtMs = this.options.clock.nowMs();
  }

  private between(low: number, high: number): number {
    return low + (this.options.random ?? Math.random)() * (high - low);
  }
}

function retryAfterOf(error: Error): number {
  return error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
}
