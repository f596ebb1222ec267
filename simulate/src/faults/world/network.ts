import type { Random } from '@streamcluster/placement';
import type { NodeClock } from './node-clock.ts';
import type { Timer, WorldClock } from './world-clock.ts';

/** A process that others reach by name. */
export interface Node {
  readonly id: string;
  readonly clock: NodeClock;
}

export interface NetworkOptions {
  readonly clock: WorldClock;
  readonly random: Random;
  /** The process that has the name at this moment. */
  readonly nodeOf: (id: string) => Node | undefined;
  /** A message takes from the first to the second; the second is rare. */
  readonly delayMs: readonly [number, number];
}

/** A question that waits at a cut for as long as a connection is tried again. */
const HELD_MS = 15_000;

/** Who reaches whom, how late, and what is lost on the way. */
export class Network {
  /** Share of calls whose question, or whose answer, is lost. */
  lossShare = 0;
  private readonly options: NetworkOptions;
  private readonly cuts = new Set<string>();
  private readonly changedAtMs = new Map<string, number>();
  private readonly listeners: ((one: string, other: string) => void)[] = [];
  private readonly held = new Map<string, (() => void)[]>();

  constructor(options: NetworkOptions) {
    this.options = options;
  }

  onChange(listener: (one: string, other: string) => void): void {
    this.listeners.push(listener);
  }

  areJoined(one: string, other: string): boolean {
    return !this.cuts.has(pair(one, other));
  }

  get isWhole(): boolean {
    return this.cuts.size === 0;
  }

  /** Since when they have been joined or apart; 0: always. */
  sinceMs(one: string, other: string): number {
    return this.changedAtMs.get(pair(one, other)) ?? 0;
  }

  cut(one: string, other: string): void {
    this.change(one, other, true);
  }

  heal(one: string, other: string): void {
    this.change(one, other, false);
    const key = pair(one, other);
    const waiting = this.held.get(key) ?? [];
    this.held.delete(key);
    for (const arrive of waiting) this.options.clock.setTimer(this.delayMs(), arrive);
  }

  healAll(): void {
    for (const key of [...this.cuts]) {
      const [one = '', other = ''] = key.split(' ');
      this.heal(one, other);
    }
  }

  delayMs(): number {
    const { random, delayMs } = this.options;
    const [least, most] = delayMs;
    return Math.round(least + (most - least) * random.next() ** 4);
  }

  /**
   * Asks another process. Rejects when nobody listens there, or when no answer came
   * in time; the other one may have done it all the same, or do it later.
   */
  call<Answer>(
    from: Node,
    to: string,
    deadlineMs: number,
    act: () => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const timer = from.clock.setTimer(deadlineMs, () => reject(new Error('no answer in time')));
    const back = (settle: () => void): void => {
      this.send(to, from.id, () => answered(from, timer, settle));
    };
    this.send(from.id, to, () => {
      const node = this.options.nodeOf(to);
      if (node === undefined || node.clock.isDead) {
        back(() => reject(new Error('connection refused')));
        return;
      }
      node.clock.setTimer(0, () => {
        new Promise<Answer>((done) => done(act())).then(
          (answer) => back(() => resolve(answer)),
          (error: unknown) =>
            back(() => reject(error instanceof Error ? error : new Error(String(error)))),
        );
      });
    });
    return promise;
  }

  private send(from: string, to: string, arrive: () => void): void {
    const { clock, random } = this.options;
    if (random.next() < this.lossShare) return;
    const sentAtMs = clock.nowMs();
    clock.setTimer(this.delayMs(), () => {
      if (this.areJoined(from, to)) arrive();
      else this.hold(from, to, () => clock.nowMs() - sentAtMs < HELD_MS && arrive());
    });
  }

  private hold(from: string, to: string, arrive: () => void): void {
    const key = pair(from, to);
    const waiting = this.held.get(key) ?? [];
    waiting.push(arrive);
    this.held.set(key, waiting);
  }

  private change(one: string, other: string, isCut: boolean): void {
    const key = pair(one, other);
    if (this.cuts.has(key) === isCut) return;
    if (isCut) this.cuts.add(key);
    else this.cuts.delete(key);
    this.changedAtMs.set(key, this.options.clock.nowMs());
    for (const listener of this.listeners) listener(one, other);
  }
}

function answered(from: Node, timer: Timer, settle: () => void): void {
  from.clock.setTimer(0, () => {
    timer.clear();
    settle();
  });
}

function pair(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}
