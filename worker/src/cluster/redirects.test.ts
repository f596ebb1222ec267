import { beforeEach, describe, expect, it } from 'vitest';
import { streamName } from '../media/stream-name.ts';
import type { NewViewer } from './stream-access.ts';
import { Sim, type SimWorker } from './testing/sim.ts';

const NAME = streamName('live', 'news')!;
const NEW: NewViewer = {
  protocol: 'flv',
  isEncrypted: false,
  isKnown: false,
  isShed: false,
  sentAtEpoch: undefined,
};

describe('a new viewer', () => {
  let sim: Sim;
  let ingest: SimWorker;
  let home: SimWorker;
  let replica: SimWorker;
  let other: SimWorker;

  beforeEach(async () => {
    sim = new Sim();
    const added = await sim.add('w-in', 'w-home', 'w-rep', 'w-other');
    [ingest, home, replica, other] = added as [SimWorker, SimWorker, SimWorker, SimWorker];
    for (const worker of added) {
      worker.publicAddresses = {
        http: `${worker.id}.example:80`,
        https: `${worker.id}.example:443`,
      };
    }
    sim.operator = (): string => 'w-home';
    await ingest.publish(NAME);
    await serve('w-home', ['w-rep']);
    // Two reports of each.
    await sim.run(4_500);
  });

  const serve = async (at: string, replicas: readonly string[]): Promise<void> => {
    const { epoch } = sim.entry(NAME)!;
    const call = { stream: NAME.key, epoch, home: at, replicas, reason: 'Test' };
    expect((await sim.settle(ingest.cluster.control.serve(call))).result).toBe('done');
    await sim.run(50);
  };
  const sent = (worker: SimWorker, viewer: Partial<NewViewer> = {}): string | undefined =>
    worker.cluster.elsewhere(NAME, { ...NEW, ...viewer })?.address;
  const counts = (worker: SimWorker, draws = 20): Record<string, number> => {
    const found: Record<string, number> = {};
    for (let draw = 0; draw < draws; draw += 1) {
      const address = sent(worker) ?? 'here';
      found[address] = (found[address] ?? 0) + 1;
    }
    return found;
  };

  /** Viewers who stay, so that the next report says so. */
  const fill = async (worker: SimWorker, viewers: number): Promise<void> => {
    for (let viewer = 0; viewer < viewers; viewer += 1) await worker.view(NAME);
    await sim.run(4_500);
  };

  it('stays at home, replica and ingest worker, and is sent to home or replica elsewhere', () => {
    for (const worker of [ingest, home, replica]) expect(sent(worker)).toBeUndefined();
    const found = counts(other);
    expect(Object.keys(found).sort()).toEqual(['w-home.example:80', 'w-rep.example:80']);
    // Of two alike the one that fewer were sent to.
    for (const count of Object.values(found)) expect(count).toBe(10);
    expect(other.cluster.redirects.total).toBe(20);
  });

  it('is sent to the less loaded, counting those who were just sent there', async () => {
    await fill(home, 200);
    expect(Object.keys(counts(other, 5))).toEqual(['w-rep.example:80']);
    await sim.run(2_500);
    expect(Object.keys(counts(other, 5))).toEqual(['w-rep.example:80']);
  });

  it('is sent on by a server that is busier than others', async () => {
    await fill(home, 1_500);
    expect(sent(home)).toBe('w-rep.example:80');
    expect(sent(home, { isKnown: true })).toBeUndefined();
    expect(sent(replica)).toBeUndefined();
  });

  it('is served by a server whose crowd has just gone, whatever it reported before', async () => {
    await fill(home, 1_500);
    expect(sent(home)).toBe('w-rep.example:80');
    for (const { connection } of home.viewers) connection.closeWith('remote');
    await sim.run(300);
    expect(sent(home)).toBeUndefined();
  });

  it('of a crowd is served where it lands, once that is worth a relay', () => {
    const found = counts(other, 300);
    expect(found['here']).toBeGreaterThan(100);
    expect(found['w-home.example:80']).toBeGreaterThan(10);
    expect(found['w-rep.example:80']).toBeGreaterThan(10);
  });

  it('is sent to HTTPS where it came over that', () => {
    expect(sent(other, { isEncrypted: true })).toMatch(/^w-(home|rep)\.example:443$/);
  });

  it('stays where workers have no addresses of their own', async () => {
    other.publicAddresses = { http: '', https: 'w-other.example:443' };
    expect(sent(other)).toBeUndefined();
    expect(sent(other, { isEncrypted: true })).toBeDefined();
    other.publicAddresses = { http: 'w-other.example:80', https: '' };
    for (const worker of [home, replica]) worker.publicAddresses = { http: '', https: '' };
    await sim.run(2_500);
    expect(sent(other)).toBeUndefined();
  });

  it.each([
    ['silent', (worker: SimWorker) => worker.kill(), 3_200],
    ['full', (worker: SimWorker) => void (worker.busy = 1), 14_000],
  ])('is not sent to one that is %s', async (_what, spoil, waitMs) => {
    spoil(home);
    await sim.run(waitMs);
    expect(Object.keys(counts(other))).toEqual(['w-rep.example:80']);
    spoil(replica);
    await sim.run(waitMs);
    expect(Object.keys(counts(other))).toEqual(['here']);
  });

  it('is not sent to one that drains, nor stays there', async () => {
    other.bus.setConnected(false);
    home.cluster.control.drain(DRAIN);
    await sim.run(100);
    // Nothing was heard of it.
    expect(Object.keys(counts(other)).sort()).toContain('w-home.example:80');
    other.bus.setConnected(true);
    await sim.run(2_500);
    expect(Object.keys(counts(other))).toEqual(['w-rep.example:80']);
    expect(sent(home)).toBe('w-rep.example:80');
  });

  it('stays here when it was sent here, until the directory has changed since', async () => {
    const { epoch } = other.cluster.elsewhere(NAME, NEW)!;
    expect(epoch).toBe(2);
    expect(sent(other, { sentAtEpoch: 2 })).toBeUndefined();
    await serve('w-other', ['w-rep']);
    expect(sent(home, { sentAtEpoch: 2 })).toMatch(/^w-(other|rep)\.example:80$/);
    expect(sent(home, { sentAtEpoch: 3 })).toBeUndefined();
  });

  it('goes to another server when this one is full, unless it watches here', async () => {
    home.busy = 1;
    await sim.run(14_000);
    expect(sent(home)).toBe('w-rep.example:80');
    expect(sent(home, { isKnown: true })).toBeUndefined();
    expect(sent(other, { isKnown: true })).toBe('w-rep.example:80');
    expect(sent(home, { sentAtEpoch: 2 })).toBeUndefined();
  });

  it('goes to another server when this one has more than its share, wherever it was sent before', async () => {
    const shed = { isShed: true, isKnown: true, sentAtEpoch: 2 };
    await fill(home, 1_500);
    expect(sent(home, { ...shed, isShed: false })).toBeUndefined();
    expect(sent(home, shed)).toBe('w-rep.example:80');
  });

  it('that asks again is sent where it was sent before', async () => {
    const first = sent(other, { player: 'me' });
    for (let again = 0; again < 50; again += 1) expect(sent(other, { player: 'me' })).toBe(first);
    const taken = first === 'w-home.example:80' ? home : replica;
    taken.cluster.control.drain(DRAIN);
    await sim.run(100);
    expect(sent(other, { player: 'me' })).not.toBe(first);
  });

  it('of a stream that is not known here is served as ever', () => {
    expect(other.cluster.elsewhere(streamName('live', 'none')!, NEW)).toBeUndefined();
  });
});

const DRAIN = {
  ...{ deadlineSeconds: 900, publisherGraceSeconds: 900, lingerSeconds: 900 },
  reason: 'Command',
};
