import type { Clock } from '../../stream/clock.ts';
import type { WriteResult } from '../bus.ts';
import { MemoryBus } from './memory-bus.ts';

export interface Row {
  /** Undefined: a deletion's marker. */
  readonly value: Uint8Array | undefined;
  readonly revision: number;
}

/** Told of every write that the bucket took, with what was there before. */
export type WriteListener = (key: string, row: Row, before: Row | undefined) => void;

/** What all in-memory buses of a test talk to: a server with one bucket. */
export class MemoryNats {
  readonly clock: Clock;
  rows = new Map<string, Row>();
  readonly buses = new Set<MemoryBus>();
  revision = 0;
  /** Of the bucket: another one after each wipe. */
  life = 1;
  /** How long a question and its answer take, and how far watches and messages lag behind. */
  latencyMs = 1;
  watchLagMs = 2;
  /** On top of that, each time. */
  delayMs: () => number = () => 0;
  onWrite: WriteListener = () => undefined;
  private hung = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** A client whose callbacks run by its own clock, which may stand still. */
  connect(clock: Clock = this.clock): MemoryBus {
    const bus = new MemoryBus(this, clock);
    this.buses.add(bus);
    return bus;
  }

  get isHung(): boolean {
    return this.hung;
  }

  /** The process stands still: what comes is taken when it goes on, also of clients
   * that have given up meanwhile. */
  setHung(isHung: boolean): void {
    this.hung = isHung;
    for (const bus of this.buses) bus.flow();
  }

  /**
   * The bucket is deleted and made anew, empty: revisions start again. Watches are
   * silent from then on, until their clients look: after so long.
   */
  wipe(noticedAfterMs: () => number = () => 0): void {
    this.rows = new Map();
    this.revision = 0;
    this.life += 1;
    for (const bus of this.buses) bus.lookIn(noticedAfterMs());
  }

  write(key: string, value: Uint8Array | undefined, expected: number): WriteResult {
    const before = this.rows.get(key);
    if ((before?.revision ?? 0) !== expected) return { kind: 'conflict' };
    this.revision += 1;
    const row = { value, revision: this.revision };
    this.rows.set(key, row);
    this.onWrite(key, row, before);
    for (const bus of this.buses) bus.tell(key, row);
    return { kind: 'written', revision: this.revision };
  }
}
