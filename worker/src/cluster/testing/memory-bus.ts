import type { Clock } from '../../stream/clock.ts';
import type { Bus, DirectoryWatcher, ReadResult, WriteResult } from '../bus.ts';
import type { MemoryNats, Row } from './memory-nats.ts';
import { Pipe } from './pipe.ts';

interface Subscription {
  readonly subject: string;
  readonly onMessage: (payload: Uint8Array, subject: string) => void;
}

/** As adapters/nats-bucket.ts has it. */
const REQUEST_TIMEOUT_MS = 1_000;

/**
 * One worker's connection, as adapters/nats-bus.ts shows it: time-outs of what was
 * applied all the same, watches that fall silent. Faults are switched on and off
 * by the test.
 */
export class MemoryBus implements Bus {
  isConnected = true;
  /** So many writes are answered with a time-out, though they are applied. */
  lostAnswers = 0;
  /** What it publishes goes nowhere. */
  losesMessages = false;
  reads = 0;
  /** The client watches anew by itself, as workers' does, when the bucket is another one. */
  looksItself = true;
  /** Which life of the bucket the watch tells of; 0: of none. */
  watchedLife = 0;
  /** That life was told whole. */
  isLoaded = false;
  private readonly nats: MemoryNats;
  private readonly clock: Clock;
  private readonly connectionListeners: ((isConnected: boolean) => void)[] = [];
  private readonly subscriptions: Subscription[] = [];
  private readonly questions: Pipe;
  private readonly answers: Pipe;
  private readonly messages: Pipe;
  private watcher: DirectoryWatcher | undefined = undefined;
  private isCut = false;
  /** Each reading of the bucket is one. */
  private pass = 0;

  constructor(nats: MemoryNats, clock: Clock) {
    this.nats = nats;
    this.clock = clock;
    const half = (): number => nats.latencyMs / 2 + nats.delayMs();
    this.questions = new Pipe(nats.clock, half);
    this.answers = new Pipe(nats.clock, half);
    this.messages = new Pipe(nats.clock, () => nats.watchLagMs + nats.delayMs());
  }

  onConnection(callback: (isConnected: boolean) => void): void {
    this.connectionListeners.push(callback);
  }

  /** The client notices that its connection is gone, or back. */
  setConnected(isConnected: boolean): void {
    if (this.isConnected === isConnected) return;
    this.isConnected = isConnected;
    // A server that hangs has in its own buffers what was sent to it.
    if (!isConnected && !this.nats.isHung) this.questions.drop();
    this.answers.drop();
    this.messages.drop();
    this.flow();
    for (const listener of this.connectionListeners) listener(isConnected);
    if (isConnected && (this.looksItself || this.watchedLife === this.nats.life)) this.rewatch();
  }

  /** Nothing gets through, and nobody notices: what is sent waits on both sides. */
  setCut(isCut: boolean): void {
    this.isCut = isCut;
    this.flow();
  }

  /** Nobody is at the client's end any more. */
  destroy(): void {
    this.isConnected = false;
    this.nats.buses.delete(this);
    for (const pipe of [this.questions, this.answers, this.messages]) pipe.drop();
  }

  /** Lets pipes flow, or holds them, as the network and the server are. */
  flow(): void {
    const stands = this.isCut || this.nats.isHung;
    for (const pipe of [this.questions, this.answers, this.messages]) {
      if (stands) pipe.hold();
      else pipe.release();
    }
  }

  read(key: string): Promise<ReadResult> {
    this.reads += 1;
    const answer = (): ReadResult => {
      const row = this.nats.rows.get(key);
      if (row?.value === undefined) return { kind: 'absent', revision: row?.revision ?? 0 };
      return { kind: 'found', value: row.value, revision: row.revision };
    };
    return this.ask(answer, { kind: 'unavailable' }, { kind: 'unavailable' });
  }

  async write(key: string, value: Uint8Array | undefined, revision: number): Promise<WriteResult> {
    const answer = (): WriteResult => this.nats.write(key, value, revision);
    const result = await this.ask(answer, { kind: 'unknown' }, { kind: 'unavailable' });
    if (this.lostAnswers === 0 || result.kind === 'unavailable') return result;
    this.lostAnswers -= 1;
    return { kind: 'unknown' };
  }

  /** Something else that the server knows; undefined: it does not answer. */
  inspect<Found>(look: () => Found): Promise<Found | undefined> {
    return this.ask<Found | undefined>(look, undefined, undefined);
  }

  watch(watcher: DirectoryWatcher): void {
    this.watcher = watcher;
    this.rewatch();
  }

  publish(subject: string, payload: Uint8Array): void {
    if (!this.isConnected || this.losesMessages) return;
    this.questions.send(() => {
      for (const bus of this.nats.buses) bus.receive(subject, payload);
    });
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
    for (const { subject: pattern, onMessage } of this.subscriptions) {
      if (subject.startsWith(pattern.replace(/\*$/, ''))) {
        this.soon(() => onMessage(payload, subject));
      }
    }
  }

  tell(key: string, row: Row): void {
    if (!this.isConnected || this.watchedLife !== this.nats.life) return;
    this.soonOfWatch(() => this.watcher?.onEntry(key, row.value, row.revision));
  }

  /** The watch tells nothing any more; the client sees that after so long. */
  silence(noticedAfterMs: number): void {
    this.watchedLife = 0;
    this.lookIn(noticedAfterMs);
  }

  /** The client compares what it watches with what there is. */
  lookIn(delayMs: number): void {
    if (!this.looksItself) return;
    if (delayMs <= 0) this.look();
    else this.clock.setTimer(delayMs, () => this.look());
  }

  private look(): void {
    if (this.isConnected && this.watchedLife !== this.nats.life) this.rewatch();
  }

  private rewatch(): void {
    if (!this.isConnected || this.watcher === undefined) return;
    this.pass += 1;
    this.watchedLife = this.nats.life;
    this.isLoaded = false;
    const rows = [...this.nats.rows].sort(([, a], [, b]) => a.revision - b.revision);
    this.soonOfWatch(() => {
      this.watcher?.onReset();
      for (const [key, row] of rows) this.watcher?.onEntry(key, row.value, row.revision);
      this.isLoaded = true;
      this.watcher?.onLoaded();
    });
  }

  private soonOfWatch(act: () => void): void {
    const { pass } = this;
    this.soon(() => {
      if (pass === this.pass) act();
    });
  }

  /** What is under way when the connection breaks never arrives. */
  private soon(act: () => void): void {
    this.messages.send(() => this.clock.setTimer(0, act));
  }

  private ask<Answer>(decide: () => Answer, late: Answer, away: Answer): Promise<Answer> {
    if (!this.isConnected) return Promise.resolve(away);
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const timer = this.clock.setTimer(REQUEST_TIMEOUT_MS, () => resolve(late));
    const answered = (answer: Answer): void => {
      timer.clear();
      resolve(answer);
    };
    this.questions.send(() => {
      const answer = decide();
      this.answers.send(() => this.clock.setTimer(0, () => answered(answer)));
    });
    return promise;
  }
}
