import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../clock.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { KubeError } from './api-error.ts';
import type { CallOptions, ObjectName } from './client-types.ts';
import { LeaderElection } from './lease.ts';
import type { LeaseClient } from './lease-record.ts';
import type { Lease, Resource } from './resources.ts';
import { sleep } from './sleep.ts';
import { MemoryObjects } from './testing/memory-objects.ts';
import { keptLog } from './testing/kept-log.ts';
import type { KubeObject, Stored } from './wire.ts';

const KEY = 'system/operator';

/** Its way to the server can be cut, or made a black hole. */
class Client implements LeaseClient {
  fault: 'none' | 'refused' | 'hanging' = 'none';
  private readonly objects: MemoryObjects;
  private readonly clock: Clock;

  constructor(objects: MemoryObjects, clock: Clock) {
    this.objects = objects;
    this.clock = clock;
  }

  async get<T extends KubeObject>(
    resource: Resource<T>,
    target: ObjectName,
    options?: CallOptions,
  ): Promise<Stored<T>> {
    await this.pass(options);
    return await this.objects.get(resource, target);
  }

  async create<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options?: CallOptions,
  ): Promise<Stored<T>> {
    await this.pass(options);
    return await this.objects.create(resource, object);
  }

  async update<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options?: CallOptions,
  ): Promise<Stored<T>> {
    await this.pass(options);
    return await this.objects.update(resource, object);
  }

  private async pass({ timeoutMs = 30_000 }: CallOptions = {}): Promise<void> {
    if (this.fault === 'refused') throw KubeError.local('Unreachable', 'refused');
    if (this.fault === 'none') return;
    await sleep(this.clock, timeoutMs, new AbortController().signal);
    throw KubeError.local('RequestTimeout', 'late');
  }
}

interface Replica {
  readonly election: LeaderElection;
  readonly client: Client;
  /** What it was told. */
  readonly told: string[];
  /** Ends the work of the leader, which otherwise ends at once. */
  hold?: Promise<void>;
}

describe('LeaderElection', () => {
  let clock: ManualClock;
  let objects: MemoryObjects;
  let a: Replica;
  let b: Replica;
  beforeEach(() => {
    clock = new ManualClock();
    objects = new MemoryObjects();
    a = newReplica('a', 0);
    b = newReplica('b', 3_600_000);
  });

  function newReplica(name: string, skewMs: number): Replica {
    const told: string[] = [];
    const client = new Client(objects, clock);
    const election = new LeaderElection({
      client,
      namespace: 'system',
      name: 'operator',
      identity: `${name}_10.0.0.1:9092`,
      onStarted: () => told.push('started'),
      onStopped: async () => {
        told.push('stopping');
        await replica.hold;
        told.push('stopped');
      },
      clock: {
        nowMs: () => clock.nowMs(),
        unixMs: () => clock.unixMs() + skewMs,
        setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
      },
      log: keptLog().log,
      random: () => 0.5,
    });
    const replica: Replica = { election, client, told };
    return replica;
  }

  function spec(): NonNullable<Lease['spec']> {
    return (objects.objects.get(KEY) as Stored<Lease>).spec ?? {};
  }

  function leaders(): string {
    return [a, b].map(({ election }) => (election.isLeader ? '1' : '0')).join('');
  }

  async function startBoth(): Promise<void> {
    a.election.start();
    await clock.advance(0);
    b.election.start();
    await clock.advance(0);
    expect(leaders()).toBe('10');
  }

  it('makes one lead, and tells everybody where it is', async () => {
    await startBoth();
    await clock.advance(600_000);
    expect(leaders()).toBe('10');
    expect(a.told).toEqual(['started']);
    const holder = { podName: 'a', host: '10.0.0.1', port: 9092 };
    expect(a.election.holder).toEqual(holder);
    expect(b.election.holder).toEqual(holder);
    expect(spec()).toMatchObject({
      leaseDurationSeconds: 15,
      leaseTransitions: 1,
      acquireTime: '2027-01-15T08:00:00.000000Z',
      renewTime: '2027-01-15T08:10:00.000000Z',
    });
  });

  it('hands over within three seconds when the leader closes', async () => {
    await startBoth();
    await clock.advance(60_000);
    void a.election.close();
    await clock.advance(2_400);
    expect(a.told).toEqual(['started', 'stopping', 'stopped']);
    expect(leaders()).toBe('01');
    expect(spec()).toMatchObject({ holderIdentity: 'b_10.0.0.1:9092', leaseTransitions: 2 });
  });

  it('lets nobody else lead while the leader still ends its work', async () => {
    await startBoth();
    let end = (): void => undefined;
    a.hold = new Promise((resolve) => {
      end = resolve;
    });
    void a.election.close();
    await clock.advance(120_000);
    expect(leaders()).toBe('10');
    expect(b.told).toEqual([]);
    end();
    await clock.advance(2_400);
    expect(leaders()).toBe('01');
  });

  it('takes over from a leader that died, whatever its clock said', async () => {
    a = newReplica('a', -3_600_000);
    await startBoth();
    await clock.advance(7_000);
    a.client.fault = 'refused';
    await clock.advance(9_900);
    // Renewed two seconds before.
    expect(leaders()).toBe('00');
    expect(a.told).toEqual(['started', 'stopping', 'stopped']);
    await clock.advance(7_500);
    expect(leaders()).toBe('01');
  });

  it.each(['refused', 'hanging'] as const)(
    'never lets two lead, where the way of the leader is %s',
    async (fault) => {
      await startBoth();
      await clock.advance(12_345);
      a.client.fault = fault;
      for (let i = 0; i < 300; i += 1) {
        await clock.advance(100);
        expect(leaders()).not.toBe('11');
      }
      expect(leaders()).toBe('01');
      a.client.fault = 'none';
      await clock.advance(30_000);
      expect(leaders()).toBe('01');
      expect(a.told).toEqual(['started', 'stopping', 'stopped']);
    },
  );

  it('leads on through an outage that is shorter than its deadline', async () => {
    await startBoth();
    await clock.advance(5_000);
    a.client.fault = 'refused';
    await clock.advance(9_000);
    a.client.fault = 'none';
    await clock.advance(60_000);
    expect(leaders()).toBe('10');
    expect(a.told).toEqual(['started']);
  });

  it('knows, before any timer ran, that it stood still for too long', async () => {
    let offsetMs = 0;
    const still = newReplica('c', 0);
    const { election } = still;
    const nowMs = clock.nowMs.bind(clock);
    clock.nowMs = () => nowMs() + offsetMs;
    election.start();
    await clock.advance(0);
    expect(election.isLeader).toBe(true);
    offsetMs = 10_000;
    expect(election.isLeader).toBe(false);
    expect(election.holder).toBeUndefined();
  });

  it('leads on when somebody only touched the Lease', async () => {
    await startBoth();
    const lease = objects.objects.get(KEY)!;
    const labels = { touched: 'yes' };
    await objects.update({} as Resource<KubeObject>, {
      ...lease,
      metadata: { ...lease.metadata, labels },
    });
    await clock.advance(60_000);
    expect(leaders()).toBe('10');
    expect(a.told).toEqual(['started']);
  });

  it('makes the Lease again when somebody deleted it', async () => {
    await startBoth();
    await clock.advance(1_000);
    objects.objects.delete(KEY);
    await clock.advance(30_000);
    expect(['10', '01']).toContain(leaders());
    expect(objects.objects.has(KEY)).toBe(true);
  });

  it('stops at once when somebody gave the Lease to another', async () => {
    await startBoth();
    const lease = objects.objects.get(KEY) as Stored<Lease>;
    const given = { ...lease, spec: { ...lease.spec, holderIdentity: 'x_10.0.0.9:9092' } };
    await objects.update({} as Resource<Lease>, given);
    await clock.advance(5_000);
    expect(leaders()).toBe('00');
    expect(a.election.holder?.podName).toBe('x');
    await clock.advance(20_000);
    expect(['10', '01']).toContain(leaders());
  });

  it('does not wait for its own Lease, of the container before', async () => {
    await startBoth();
    const again = newReplica('a', 0);
    again.election.start();
    await clock.advance(0);
    expect(again.election.isLeader).toBe(true);
  });
});
