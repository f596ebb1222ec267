import type { Logger } from 'pino';
import type { Clock, Timer } from '../stream/clock.ts';
import { KeyFault, readJwks, type TokenKey } from './keys.ts';
import type { Outside } from './outside.ts';

export interface JwksSourceOptions {
  readonly url: string;
  readonly refreshMs: number;
  readonly outside: Outside;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: { count(reason: string): void };
  /** Keys are others than before. */
  readonly onChange: () => void;
}

const TIMEOUT_MS = 3_000;
const MAX_BYTES = 256 * 1024;
/** After a failure, and because of a token with a key that is not known. */
const AGAIN_MS = 10_000;

/** A JWKS at a URL, read in the background; while it cannot be, the last good keys stay. */
export class JwksSource {
  /** Counts from the next reading on. */
  refreshMs: number;
  /** They were read once. */
  hasKeys = false;
  private readonly options: JwksSourceOptions;
  private current: readonly TokenKey[] = [];
  /** Where `current` was read. */
  private document: Buffer | undefined = undefined;
  private reading: Promise<void> | undefined = undefined;
  private timer: Timer | undefined = undefined;
  private readAtMs = -Infinity;
  private fault = '';
  private isClosed = false;

  constructor(options: JwksSourceOptions) {
    this.options = options;
    this.refreshMs = options.refreshMs;
    void this.read();
  }

  close(): void {
    this.isClosed = true;
    this.timer?.clear();
  }

  get keys(): readonly TokenKey[] {
    return this.current;
  }

  /** Somebody came with a key that is not known: it may be new. Undefined: it was looked
   * a moment ago. */
  lookAgain(): Promise<void> | undefined {
    if (this.reading !== undefined) return this.reading;
    const { clock } = this.options;
    return clock.nowMs() - this.readAtMs < AGAIN_MS ? undefined : this.read();
  }

  private read(): Promise<void> {
    this.timer?.clear();
    this.readAtMs = this.options.clock.nowMs();
    this.reading = this.load().finally(() => {
      this.reading = undefined;
      this.schedule();
    });
    return this.reading;
  }

  private schedule(): void {
    if (this.isClosed) return;
    const { refreshMs } = this;
    const inMs = this.fault === '' ? refreshMs : Math.min(refreshMs, AGAIN_MS);
    this.timer = this.options.clock.setTimer(inMs, () => void this.read());
  }

  private async load(): Promise<void> {
    const { outside, url } = this.options;
    try {
      const document = await outside.get(url, MAX_BYTES, TIMEOUT_MS);
      // Many keys are a tick's worth of work, nearly always for nothing.
      if (this.document?.equals(document) !== true) {
        this.use(readJwks(document.toString('utf8'), { mayBeShared: false }));
        this.document = document;
      }
      this.fault = '';
    } catch (error) {
      this.complain(error);
    }
  }

  private use(keys: readonly TokenKey[]): void {
    const isSame = this.hasKeys && namesOf(keys) === namesOf(this.current);
    this.current = keys;
    this.hasKeys = true;
    if (isSame) return;
    this.options.log.info({ url: this.name, keys: keys.length }, 'JWKS read');
    // Also the first ones: there may be somebody here of whom nobody could tell.
    this.options.onChange();
  }

  private complain(error: unknown): void {
    const fault = error instanceof Error ? error.message : String(error);
    if (this.fault === fault) return;
    this.fault = fault;
    const { log, counters } = this.options;
    const code = 'ACCESS_KEYS_INVALID';
    counters.count(code);
    // Of a KeyFault the reason says everything.
    const err = error instanceof KeyFault ? undefined : error;
    log.warn({ code, url: this.name, reason: fault, err }, 'JWKS not usable; old keys stay');
  }

  /** For logs: parameters may be nobody's business. */
  private get name(): string {
    const { origin, pathname } = new URL(this.options.url);
    return origin + pathname;
  }
}

function namesOf(keys: readonly TokenKey[]): string {
  return keys.map(({ id = '', fingerprint }) => `${id} ${fingerprint}`).join();
}
