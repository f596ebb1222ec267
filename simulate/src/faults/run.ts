import { pick, seededRandom, type Random } from '@streamcluster/placement';
import type { Bus } from '@streamcluster/worker/testing';
import { ACTS, healAll, type Stage } from './acts.ts';
import { Clients } from './clients/clients.ts';
import { INVARIANTS } from './invariants/catalogue.ts';
import { HEALED } from './invariants/healed.ts';
import type { Invariant } from './invariants/invariant.ts';
import { Trace } from './trace.ts';
import { Site } from './world/site.ts';

export interface RunOptions {
  readonly seed: number;
  /** Each line of what happens. */
  readonly print?: (line: string) => void;
  /** What a worker sees of its bus; the bus itself unless it is to be broken. */
  readonly seen?: (bus: Bus) => Bus;
}

export interface RunResult {
  readonly seed: number;
  /** The same whenever the same happened. */
  readonly hash: string;
  /** What did not hold, and when; undefined: all did. */
  readonly fault: string | undefined;
  readonly steps: number;
}

/** Of the seeds, those in which streams are not split, so that homes move. */
const MOVES_SHARE = 0.2;
const SLICE_MS = 200;
const SETTLE_MS = 4_000;
/** Everything that waits for something else is over after this. */
const HEALED_MS = 45_000;
/** Reports bring the last change. */
const COUNTED_MS = 6_000;

/** One run of a simulated cluster under faults: all of it follows from the seed. */
export class Run {
  private readonly stage: Stage;
  private readonly trace: Trace;
  private readonly invariants: Invariant[];
  private readonly seed: number;
  private readonly hasMoves: boolean;
  private readonly acts: number;
  private readonly pauseMs: number;
  private readonly written = new Map<string, string>();
  private steps = 0;

  constructor({ seed, print, seen = (bus) => bus }: RunOptions) {
    const random = seededRandom(seed);
    const workers = 3 + Math.floor(3 * random.next());
    const streams = 2 + Math.floor(3 * random.next());
    const slowMs = random.next() < 0.3 ? 400 : 30;
    const lossShare = random.next() < 0.3 ? 0.05 : 0;
    this.seed = seed;
    this.hasMoves = seededRandom(~seed).next() < MOVES_SHARE;
    this.acts = 15 + Math.floor(20 * random.next());
    this.pauseMs = 500 + 2_500 * random.next();
    const { hasMoves } = this;
    const site = new Site({ seed, workers, delayMs: [1, slowMs], lossShare, hasMoves, seen });
    const clients = new Clients(site, streams);
    this.stage = { site, clients, random };
    this.trace = new Trace(print);
    this.invariants = INVARIANTS.map((make) => make(this.stage));
    this.say(`${workers} workers, ${streams} streams, delays up to ${slowMs} ms`);
  }

  async play(): Promise<RunResult> {
    const fault = await this.playAll();
    if (fault !== undefined) this.say(`FAULT: ${fault}`);
    return { seed: this.seed, hash: this.trace.hash, fault, steps: this.steps };
  }

  private async playAll(): Promise<string | undefined> {
    const { site, clients, random } = this.stage;
    await site.start();
    let fault = await this.pass(SETTLE_MS);
    if (random.next() < 0.4) this.gather(clients, random);
    if (this.hasMoves) this.gatherEverywhere(clients);
    for (let act = 0; act < this.acts && fault === undefined; act += 1) {
      const said = pick(random, ACTS)?.(this.stage);
      if (said !== undefined) this.say(said);
      fault = await this.pass(random.next() * 2 * this.pauseMs);
    }
    return fault ?? (await this.heal());
  }

  private async heal(): Promise<string | undefined> {
    const { clients, site } = this.stage;
    healAll(this.stage);
    this.say('all faults are over');
    let fault = await this.pass(HEALED_MS);
    // Whoever asks now, anywhere, is served.
    for (const { name } of clients.publishers.filter(({ isLive }) => isLive)) clients.view(name);
    this.say('new viewers');
    fault ??= await this.pass(COUNTED_MS);
    for (const [name, check] of HEALED) {
      const found = check(this.stage);
      if (found !== undefined) fault ??= `${name}: ${found}`;
    }
    const nowMs = site.clock.nowMs();
    const hungry = clients.viewers.find(
      (one) => clients.liveOf(one.name).length > 0 && nowMs - one.fedAtMs > COUNTED_MS / 2,
    );
    if (hungry !== undefined)
      fault ??= `viewers progress: none of ${hungry.name.key} at ${hungry.node?.id}`;
    return fault;
  }

  private gather(clients: Clients, random: Random): void {
    const name = pick(random, clients.names);
    if (name === undefined) return;
    clients.publish(name);
    clients.gather(name, 40);
    this.say(`a crowd watches ${name.key}`);
  }

  /** Loads of all sizes, so that homes have somewhere better to be. */
  private gatherEverywhere(clients: Clients): void {
    for (const [at, name] of clients.names.entries()) {
      clients.publish(name);
      clients.gather(name, 10 * (1 + at));
    }
    this.say('crowds watch all streams, none of which is split');
  }

  /** Time passes, step by step; what does not hold ends it. */
  private async pass(ms: number): Promise<string | undefined> {
    const { site, clients } = this.stage;
    const untilMs = site.clock.nowMs() + Math.round(ms);
    while (site.clock.nowMs() < untilMs) {
      await site.clock.runUntil(Math.min(untilMs, site.clock.nowMs() + SLICE_MS));
      clients.turn();
      site.turn();
      this.steps += 1;
      this.note();
      for (const invariant of this.invariants) {
        const found = invariant.check();
        if (found !== undefined) return `${invariant.name}: ${found}`;
      }
    }
    return undefined;
  }

  /** What changed of who has a part in what. */
  private note(): void {
    const { site, clients } = this.stage;
    for (const name of clients.names) {
      const entry = site.entry(name);
      const text =
        entry === undefined
          ? '-'
          : `${entry.epoch} ${entry.ingest}: ${[entry.home, ...entry.replicas].join(' ')}`;
      if (this.written.get(name.key) === text) continue;
      this.written.set(name.key, text);
      this.say(`  ${name.key} = ${text}`);
    }
    for (const { watch } of clients.viewers) {
      this.trace.mix(String(watch?.connection.bytesSent ?? '-'));
    }
  }

  private say(text: string): void {
    this.trace.add(this.stage.site.clock.nowMs(), text);
  }
}
