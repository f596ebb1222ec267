import { pick, seededRandom, type Random } from '@streamcluster/placement';
import { describe, expect, it } from 'vitest';
import { streamName } from '../media/stream-name.ts';
import { Sim, type SimPublisher, type SimWorker } from './testing/sim.ts';
import { depths } from './testing/relay-paths.ts';

const NAMES = ['a', 'b', 'c'].map((name) => streamName('live', name)!);
const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1);
const STEPS = 25;
/** Long enough that nobody is done with it. */
const DRAIN = {
  ...{ deadlineSeconds: 900, publisherGraceSeconds: 900, lingerSeconds: 900 },
  reason: 'Command',
};
/** Graces, back-off, claims: all of it is over after this. */
const QUIET_MS = 45_000;

/** One run: four workers, clients that come and go, faults that heal. */
class Run {
  readonly sim = new Sim();
  readonly random: Random;
  readonly publishers: { publisher: SimPublisher; worker: SimWorker; key: string }[] = [];
  workers: SimWorker[] = [];

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  async play(): Promise<void> {
    this.workers = await this.sim.add('w-0', 'w-1', 'w-2', 'w-3');
    const acts: (() => void | Promise<void>)[] = [
      () => this.publish(),
      () => this.publish(),
      () => this.view(),
      () => this.view(),
      () => this.lose(),
      () => this.halfOpen(),
      () => this.toggleBus(),
      () => this.hang(),
      () => this.wipe(),
      () => this.loseAnswers(),
      () => this.serve(),
      () => this.serve(),
      () => this.serve(),
      () => this.drain(),
    ];
    for (let step = 0; step < STEPS; step += 1) {
      await pick(this.random, acts)!();
      await this.sim.run(Math.ceil(this.random.next() * 2_500));
      for (const name of NAMES) depths(this.sim, name);
    }
    await this.heal();
  }

  /** Publishers that are connected and not told otherwise. */
  open(): typeof this.publishers {
    return this.publishers.filter(
      ({ publisher }) => publisher.isSending && publisher.revoked.length === 0,
    );
  }

  private async publish(): Promise<void> {
    const worker = pick(this.random, this.workers)!;
    const name = pick(this.random, NAMES)!;
    try {
      const publisher = await worker.publish(name);
      this.publishers.push({ publisher, worker, key: name.key });
    } catch (error) {
      expect(error).toMatchObject({ code: 'STREAM_BUSY' });
    }
  }

  private async view(): Promise<void> {
    try {
      await pick(this.random, this.workers)!.view(pick(this.random, NAMES)!);
    } catch (error) {
      const codes = ['STREAM_NOT_FOUND', 'STREAM_UPSTREAM_LOST', 'DIRECTORY_UNAVAILABLE'];
      expect(codes).toContain((error as { code?: string }).code);
    }
  }

  private lose(): void {
    pick(this.random, this.open())?.publisher.lose();
  }

  private halfOpen(): void {
    const found = pick(this.random, this.open());
    if (found !== undefined) found.publisher.isSending = false;
  }

  private toggleBus(): void {
    const { bus } = pick(this.random, this.workers)!;
    bus.setConnected(!bus.isConnected);
  }

  private hang(): void {
    const worker = pick(this.random, this.workers)!;
    worker.isHung = !worker.isHung;
  }

  private wipe(): void {
    this.sim.nats.wipe();
  }

  private loseAnswers(): void {
    pick(this.random, this.workers)!.bus.lostAnswers = 2;
  }

  /** As an operator does, who knows the directory as the ingest worker does. */
  private async serve(): Promise<void> {
    const name = pick(this.random, NAMES)!;
    const entry = this.sim.entry(name);
    const ingest = this.workers.find(({ id }) => id === entry?.ingest);
    if (entry === undefined || ingest === undefined) return;
    const ids = this.workers.map(({ id }) => id);
    const home = pick(this.random, ids)!;
    const isOther = (id: string): boolean => id !== home && id !== ingest.id;
    const replicas = ids.filter((id) => isOther(id) && this.random.next() < 0.5);
    const call = { stream: name.key, epoch: entry.epoch, home, replicas, reason: 'Test' };
    const answer = ingest.cluster.control.serve(call);
    // Other things happen meanwhile.
    if (this.random.next() < 0.5) await this.sim.settle(answer);
  }

  private drain(): void {
    const { control, drain } = pick(this.random, this.workers)!.cluster;
    if (drain.isDraining) control.undrain();
    else control.drain(DRAIN);
  }

  private async heal(): Promise<void> {
    for (const worker of this.workers) {
      worker.bus.lostAnswers = 0;
      worker.isHung = false;
      worker.cluster.control.undrain();
      worker.bus.setConnected(true);
    }
    // Protocols close publishers that stay silent.
    for (const { publisher } of this.publishers) if (!publisher.isSending) publisher.lose();
    await this.sim.run(QUIET_MS);
  }
}

describe('a cluster under faults', () => {
  it.each(SEEDS)('agrees once they are over (seed %i)', { timeout: 30_000 }, async (seed) => {
    const run = new Run(seed);
    await run.play();
    for (const name of NAMES) {
      const open = run.open().filter(({ key }) => key === name.key);
      // Of two claims that did not know of one another one was closed.
      expect(open.length).toBeLessThanOrEqual(1);
      const claims = run.workers.filter(({ cluster }) => cluster.claims.get(name.key));
      expect(claims.map(({ id }) => id)).toEqual(open.map(({ worker }) => worker.id));
      const entry = run.sim.entry(name);
      expect(entry?.ingest).toBe(open[0]?.worker.id);
      for (const { cluster } of run.workers) {
        expect(cluster.directory.get(name.key)?.nonce).toBe(entry?.nonce);
      }
      if (open[0] === undefined) continue;
      // Whoever views it now, anywhere, gets what is published.
      const head = open[0].worker.stream(name)!.nextSequence;
      for (const worker of run.workers) {
        const viewer = await worker.view(name);
        await run.sim.run(1_500);
        expect(viewer.closed).toEqual([]);
        expect(worker.stream(name)!.nextSequence).toBeGreaterThan(head);
      }
    }
  });
});
