import type { Clock } from '../../stream/clock.ts';
import type { Bus, DirectoryWatcher, ReadResult, WriteResult } from '../bus.ts';

interface Row {
  /** Undefined: a deletion's marker. */
  readonly value: Uint8Array | undefined;
  readonly revision: number;
}

/** What all in-memory buses of a test talk to: a server with one bucket. */
export class MemoryNats {
  readonly clock: Clock;
  rows = new Map<string, Row>();
  readonly buses: MemoryBus[] = [];
  revision = 0;
  /** How long an answer takes, and how far watches lag behind. */
  latencyMs = 1;
  watchLagMs = 2;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  connect(): MemoryBus {
    const bus = new MemoryBus(this);
    this.buses.push(bus);
    return bus;
  }

  /** The bucket is deleted and made anew, empty: revisions start again. */
  wipe(): void {
    this.rows = new Map();
    this.revision = 0;
    for (const bus of this.buses) bus.rewatch();
  }

  write(key: string, value: Uint8Array | undefined, expected: number): WriteResult {
    if ((this.rows.get(key)?.revision ?? 0) !== expected) return { kind: 'conflict' };
    this.revision += 1;
    const row = { value, revision: this.revision };
    this.rows.set(key, row);
    for (const bus of this.buses) bus.tell(key, row);
    return { kind: 'written', revision: this.revision };
  }
}

/** One worker's connection. Faults are switched on and off by the test. */
export class MemoryBus implements Bus {
  isConnected = true;
  /** So many writes are answered with a time-out, though they are applied. */
  lostAnswers = 0;
  reads = 0;
  private readonly nats: MemoryNats;
  private readonly connectionListeners: ((isConnected: boolean) => void)[] = [];
  private readonly subscriptions: {
    subject: string;
    onMessage: (payload: Uint8Array, subject: string) => void;
  }[] = [];
  private watcher: DirectoryWatcher | undefined = undefined;
  private pass = 0;

  constructor(nats: MemoryNats) {
    this.nats = nats;
  }

  onConnection(callback: (isConnected: boolean) => void): void {
    this.connectionListeners.push(callback);
  }

  setConnected(isConnected: boolean): void {
    if (this.isConnected === isConnected) return;
    this.isConnected = isConnected;
    this.pass += 1;
    for (const listener of this.connectionListeners) listener(isConnected);
    if (isConnected) this.rewatch();
  }

  async read(key: string): Promise<ReadResult> {
    this.reads += 1;
    await this.answer();
    if (!this.isConnected) return { kind: 'unavailable' };
    const row = this.nats.rows.get(key);
    if (row?.value === undefined) return { kind: 'absent', revision: row?.revision ?? 0 };
    return { kind: 'found', value: row.value, revision: row.revision };
  }

  async write(key: string, value: Uint8Array | undefined, revision: number): Promise<WriteResult> {
    if (!this.isConnected) return { kind: 'unavailable' };
    const result = this.nats.write(key, value, revision);
    await this.answer();
    if (this.lostAnswers === 0) return result;
    this.lostAnswers -= 1;
    return { kind: 'unknown' };
  }

  watch(watcher: DirectoryWatcher): void {
    this.watcher = watcher;
    this.rewatch();
  }

  publish(subject: string, payload: Uint8Array): void {
    if (!this.isConnected) return;
    for (const bus of this.nats.buses) bus.receive(subject, payload);
  }

  subscribe(subject: string, onMessage: (payload: Uint8Array, subject: string) => void): void {
    this.subscriptions.push({ subject, onMessage });
  }

  close(): Promise<void> {
    this.setConnected(false);
    return Promise.resolve();
  }

  receive(subject: string, payload: Uint8Array): void {
    if (!this.isConnected) return;
    for (const subscription of this.subscriptions) {
      const isFor = subject.startsWith(subscription.subject.replace(/\*$/, ''));
      if (isFor) this.soon(() => subscription.onMessage(payload, subject));
    }
  }

  tell(key: string, row: Row): void {
    this.soon(() => this.watcher?.onEntry(key, row.value, row.revision));
  }

  rewatch(): void {
    if (!this.isConnected || this.watcher === undefined) return;
    this.pass += 1;
    const rows = [...this.nats.rows].sort(([, a], [, b]) => a.revision - b.revision);
    this.soon(() => {
      this.watcher?.onReset();
      for (const [key, row] of rows) this.watcher?.onEntry(key, row.value, row.revision);
      this.watcher?.onLoaded();
    });
  }

  /** What is under way when the connection breaks never arrives. */
  private soon(act: () => void): void {
    const { pass } = this;
    this.nats.clock.setTimer(this.nats.watchLagMs, () => {
      if (this.isConnected && pass === this.pass) act();
    });
  }

  private answer(): Promise<void> {
    return new Promise((resolve) => {
      this.nats.clock.setTimer(this.nats.latencyMs, resolve);
    });
  }
}
