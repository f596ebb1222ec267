import { Audience } from '../generator/audience.ts';
import { Broadcast } from '../generator/broadcast.ts';
import { GOP_SECONDS, type Clip } from '../generator/clip.ts';
import { viewerOpener, type Protocol } from '../generator/viewer-opener.ts';
import { patiently, sleep } from '../generator/wait.ts';
import { takeSample, type Sample } from '../measure/sample.ts';
import { differentTotals, possibleStarts } from '../measure/totals.ts';
import type { ServerUnderTest } from '../server/server.ts';
import { measurementOf, type Extra } from './measurement.ts';
import { runIn } from './run-in.ts';
import { Witness } from './witness.ts';
import { APP, type Lab, type Measurement } from './workload.ts';

export interface ShowOptions {
  readonly lab: Lab;
  readonly server: ServerUnderTest;
  readonly clip: Clip;
  readonly streams: number;
  readonly protocol: Protocol;
  /** Where viewers go, when that is not where publishers go. */
  readonly viewersAt?: ServerUnderTest;
  /** By default the one where publishers go. */
  readonly measured?: ServerUnderTest;
}

/** Until a peer has a group of pictures to start viewers with. */
const SETTLE_MS = 500;
/** Longer than the longest tick. */
const QUIET_MS = 600;
const QUIET_WITHIN_MS = 10_000;
const CHECKED_SHARE = 0.95;
const GOP_MS = GOP_SECONDS * 1000;
/** With more a server runs itself in. */
const FEW_STREAMS = 50;

/** Live streams, who watches them, and whether they got every byte. */
export class Show {
  readonly audience: Audience;
  /** Of one viewer. */
  readonly bytesPerSecond: number;
  private readonly options: ShowOptions;
  private readonly broadcast: Broadcast;
  private readonly names: readonly string[];
  /** Of ours only: others do not end their viewers with the stream. */
  private readonly witness: Witness | undefined;
  private joinMs = 0;
  private bytesEach = 0;

  private constructor(options: ShowOptions, broadcast: Broadcast, names: readonly string[]) {
    const { lab, server, clip, protocol, viewersAt = server } = options;
    this.options = options;
    this.broadcast = broadcast;
    this.names = names;
    this.bytesPerSecond = clip.bitsPerSecond / 8;
    const opening = { engine: lab.engine, server: viewersAt, protocol, app: APP, names };
    this.audience = new Audience(viewerOpener(opening));
    const isOurs = viewersAt.kind === 'worker';
    this.witness = isOurs ? new Witness({ lab, server: viewersAt, names, clip }) : undefined;
  }

  /** Resolves when the streams are there. */
  static async start(options: ShowOptions): Promise<Show> {
    const { lab, server, clip } = options;
    const names = Array.from({ length: options.streams }, (_, i) => `s${i}-${lab.tag}`);
    const to = { engine: lab.engine, server, app: APP, names, clip };
    if (options.streams < FEW_STREAMS) await runIn(lab, server, clip);
    const show = new Show(options, await Broadcast.start(to), names);
    try {
      // A witness waits for a picture instead.
      await (show.witness?.begin() ?? sleep(SETTLE_MS));
    } catch (error) {
      await show.close();
      throw error;
    }
    return show;
  }

  /** Of the last sample. A tick that grows within the window holds back a little; of
   * our worker every byte is checked in the end anyway. */
  measurement(sample: Sample, extra: Omit<Extra, 'shareWanted'>): Measurement {
    const expected = this.audience.viewers.length * this.bytesEach;
    const isChecked = this.witness !== undefined;
    return measurementOf(sample, expected, {
      ...extra,
      ...(isChecked ? { shareWanted: CHECKED_SHARE } : {}),
    });
  }

  /** Of the first stream over HTTP-FLV. */
  get path(): string {
    return `/${APP}/${this.names[0] ?? ''}.flv`;
  }

  async join(viewers: number): Promise<void> {
    const startedMs = performance.now();
    await this.audience.join(viewers);
    this.joinMs += performance.now() - startedMs;
  }

  /**
   * Measures. The unit is a viewer for a second, if it is not counted otherwise: what
   * is paid for is mostly the sends, so that a few bytes more or less change nothing.
   */
  async sample(units = viewerSeconds(this.audience.viewers.length)): Promise<Sample> {
    const { server, lab, measured = server } = this.options;
    const { feed } = this.broadcast;
    await feed.untilMidGop();
    const published: number[] = [];
    const sample = await takeSample(measured, lab, () => {
      published.push(feed.flvBytes);
      return { bytes: this.audience.bytes(), units: units() };
    });
    const [from = 0, to = 0] = published;
    // A floor makes its own streams, at an even rate.
    const isFloor = this.broadcast.publishers.length === 0;
    this.bytesEach = isFloor ? sample.seconds * this.bytesPerSecond : to - from;
    return sample;
  }

  /**
   * Ends the streams, waits until all is delivered, and says in a sentence what
   * viewers did not get. A server of others is not asked.
   */
  async end(): Promise<string | undefined> {
    const { lost } = this.broadcast;
    await this.broadcast.end();
    if (lost > 0) return `${lost} publishers were closed`;
    if (this.witness === undefined) return undefined;
    // Our worker keeps viewers for a while, as the publisher might come back.
    await this.untilQuiet();
    if (this.audience.closed > 0) return `${this.audience.closed} viewers were closed`;
    const allowed = this.witness.allowedBytes();
    if (this.witness.error !== undefined) return `the reading viewer: ${this.witness.error}`;
    const { protocol } = this.options;
    return protocol === 'flv' || protocol === 'https-flv'
      ? this.missingOf(allowed)
      : this.strayOf();
  }

  /** Closes everything, whatever happened. */
  async close(): Promise<void> {
    this.witness?.leave();
    this.audience.leave();
    await this.broadcast.end();
  }

  /** Resolves when nothing has come for longer than any tick. */
  private async untilQuiet(): Promise<void> {
    let bytes = -1;
    let sinceMs = performance.now();
    await patiently('nothing comes any more', QUIET_WITHIN_MS, () => {
      const now = this.audience.bytes();
      if (now !== bytes) sinceMs = performance.now();
      bytes = now;
      return performance.now() - sinceMs > QUIET_MS;
    });
  }

  /** By what the witness read. */
  private missingOf(allowed: readonly Set<number>[]): string | undefined {
    const { viewers } = this.audience;
    const missing = viewers.filter(({ connection }, i) => {
      return allowed[i % allowed.length]?.has(connection.bytesReceived) !== true;
    });
    if (missing.length === 0) return undefined;
    return `${missing.length} of ${viewers.length} viewers did not get every byte`;
  }

  /** Where framing differs from what the witness read: by each other. */
  private strayOf(): string | undefined {
    const possible = possibleStarts(this.joinMs, GOP_MS);
    for (const [n, name] of this.names.entries()) {
      const own = this.audience.totals().filter((_, i) => i % this.names.length === n);
      const different = differentTotals(own);
      if (different > possible) {
        return `viewers of ${name} got ${different} different amounts, ${possible} are possible`;
      }
    }
    return undefined;
  }
}

/** Grows by so many each second. */
export function viewerSeconds(viewers: number): () => number {
  return () => (performance.now() / 1000) * viewers;
}
