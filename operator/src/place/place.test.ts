import { credentials } from '@grpc/grpc-js';
import { OperatorServiceClient, type PlaceResponse } from '@streamcluster/proto';
import { seededRandom, type PlacementPolicy } from '@streamcluster/placement';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { Fleet } from '../fleet/fleet.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { reportBytes } from '../testing/reports.ts';
import { Placer } from './placer.ts';
import { PlaceForward } from './adapters/forward.ts';
import { PlaceServer, type PlaceServerOptions } from './adapters/server.ts';

const WORKERS = ['w-0', 'w-1', 'w-2'];
/** Two degrees of freedom: above this once in 10,000 runs. */
const CHI_SQUARE_LIMIT = 18.4;

class Rig {
  readonly clock = new ManualClock();
  readonly fleet = new Fleet(this.clock);
  policy: PlacementPolicy = 'Random';
  readonly placer = new Placer({
    workers: () => this.fleet.list(),
    policy: () => this.policy,
    clock: this.clock,
    random: seededRandom(20),
  });

  constructor(workers = WORKERS) {
    this.fleet.setConnected(true);
    for (const worker of workers) this.fleet.receive(reportBytes(worker), worker);
  }

  /** Homes per worker of a burst in which no report comes. */
  burst(count: number): number[] {
    const homes = Array.from({ length: count }, () => this.placer.place('live/a', 'w-0').worker);
    return WORKERS.map((worker) => homes.filter((home) => home === worker).length);
  }
}

function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('Placer', () => {
  it('spreads a burst of 200 as Random says', () => {
    const counts = new Rig().burst(200);
    expect(counts.reduce((sum, count) => sum + count)).toBe(200);
    expect(chiSquare(counts)).toBeLessThan(CHI_SQUARE_LIMIT);
  });

  it('does not herd with TwoChoices while reports are stale', () => {
    const rig = new Rig();
    rig.policy = 'TwoChoices';
    const counts = rig.burst(200);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(10);
  });

  it('forgets reservations when reports must know of the streams', async () => {
    const rig = new Rig(['w-0', 'w-1']);
    rig.policy = 'Local';
    expect(rig.burst(600)[0]).toBe(400);
    await rig.clock.advance(5_000);
    expect(rig.placer.place('live/a', 'w-0')).toMatchObject({
      worker: 'w-0',
      reason: 'IngestHasHeadroom',
    });
  });

  it('places nothing on workers that drain or are silent', async () => {
    const rig = new Rig();
    await rig.clock.advance(4_000);
    rig.fleet.receive(reportBytes('w-1'), 'w-1');
    rig.fleet.receive(reportBytes('w-2', { draining: true }), 'w-2');
    await rig.clock.advance(3_000);
    expect(rig.burst(50)).toEqual([0, 50, 0]);
    rig.fleet.markDraining('w-1', true);
    expect(() => rig.placer.place('live/a', 'w-0')).toThrow(
      expect.objectContaining({ code: 'NO_WORKERS' }),
    );
  });
});

describe('PlaceServer', () => {
  let server: PlaceServer;
  let client: OperatorServiceClient;
  const answers: string[] = [];
  const others: PlaceServer[] = [];

  function make(placer: Placer | undefined, more: Partial<PlaceServerOptions> = {}): PlaceServer {
    return new PlaceServer({
      placerOf: (namespace, cluster) =>
        `${namespace}/${cluster}` === 'default/a' ? placer : undefined,
      isLeading: () => true,
      log: pino({ level: 'silent' }),
      onPlaced: (policy, reason) => void answers.push(`${policy} ${reason}`),
      ...more,
    });
  }

  async function connect(made: PlaceServer): Promise<void> {
    server = made;
    const port = await server.listen('127.0.0.1', 0);
    client = new OperatorServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  function place(stream: string): Promise<PlaceResponse> {
    return new Promise((resolve, reject) => {
      client.place(
        { stream, ingestWorker: 'w-0', namespace: 'default', cluster: 'a' },
        (error, answer) => {
          if (error === null) resolve(answer);
          else reject(error);
        },
      );
    });
  }

  afterEach(async () => {
    client.close();
    await server.close();
    for (const other of others.splice(0)) await other.close();
    answers.length = 0;
  });

  it('answers 200 calls at once, spread', async () => {
    await connect(make(new Rig().placer));
    const placed = await Promise.all(Array.from({ length: 200 }, (_, i) => place(`live/${i}`)));
    const counts = WORKERS.map((id) => placed.filter(({ homeWorker }) => homeWorker === id).length);
    expect(chiSquare(counts)).toBeLessThan(CHI_SQUARE_LIMIT);
    expect(placed[0]).toMatchObject({ policy: 'Random', reason: 'Drawn' });
    expect(answers).toHaveLength(200);
  });

  it('refuses with a code', async () => {
    await connect(make(new Rig([]).placer));
    await expect(place('live/a')).rejects.toThrow('NO_WORKERS');
    await expect(place('x'.repeat(500))).rejects.toThrow('REQUEST_INVALID');
    expect(answers).toEqual([' NO_WORKERS', ' REQUEST_INVALID']);
  });

  it('knows only the StreamClusters that there are', async () => {
    await connect(make(undefined));
    await expect(place('live/a')).rejects.toThrow('NOT_FOUND');
  });

  it('passes a call on to the leader, once, and says when there is none', async () => {
    const leading = make(new Rig().placer);
    others.push(leading);
    const leader = `127.0.0.1:${await leading.listen('127.0.0.1', 0)}`;
    let known: string | undefined = leader;
    const forward = new PlaceForward({ leader: () => known });
    await connect(make(new Rig().placer, { isLeading: () => false, forward }));
    expect((await place('live/a')).reason).toBe('Drawn');
    expect(answers).toEqual(['Random Drawn']);
    known = undefined;
    await expect(place('live/a')).rejects.toThrow('NO_LEADER');
    forward.close();
  });

  it('is not passed round between two of which neither leads', async () => {
    const other = make(new Rig().placer, { isLeading: () => false });
    others.push(other);
    const address = `127.0.0.1:${await other.listen('127.0.0.1', 0)}`;
    const forward = new PlaceForward({ leader: () => address });
    await connect(make(undefined, { isLeading: () => false, forward }));
    await expect(place('live/a')).rejects.toThrow('NO_LEADER');
    forward.close();
  });
});
