import {
  feedLoad,
  intakeLoad,
  RELAY_FAN_OUT,
  seededRandom,
  viewerLoad,
} from '@streamcluster/placement';
import { describe, expect, it } from 'vitest';
import { Cluster } from './cluster.ts';
import type { Part, SimStream, SimWorker, ViewerKind } from './parts.ts';

const RATE = 2e6;
const [FLV, FEED, INTAKE] = [viewerLoad('flv', RATE), feedLoad(RATE), intakeLoad()];

function clusterOf(workers: number): Cluster {
  const cluster = new Cluster();
  for (let i = 0; i < workers; i += 1) cluster.addWorker();
  return cluster;
}

/** What a worker's load must be, counted anew. */
function countedLoad({ parts }: SimWorker): number {
  let load = 0;
  for (const { stream, stays, asks, relays, upstream, isIngest } of parts) {
    load += stays * stream.viewerLoad.stays + asks * stream.viewerLoad.asks;
    load += relays * stream.relayLoad + (isIngest || upstream !== undefined ? INTAKE : 0);
  }
  return load;
}

/** Everybody who watches is fed, over a path that ends at the publisher. */
function checkStream(stream: SimStream): void {
  for (const part of stream.parts.values()) {
    expect(part.isRead || part.isIngest).toBe(true);
    const fed = [...stream.parts.values()].filter(({ upstream }) => upstream === part);
    expect(fed).toHaveLength(part.relays);
    let at: Part | undefined = part;
    for (let steps = 0; at !== undefined && !at.isIngest; at = at.upstream) {
      steps += 1;
      expect(steps).toBeLessThan(9);
      expect(at.worker.isAlive).toBe(true);
    }
    expect(at?.worker).toBe(stream.ingest);
  }
}

describe('Cluster', () => {
  it('opens one relay for all viewers of a worker, and closes it behind the last', () => {
    const cluster = clusterOf(3);
    const [ingest, home, other] = cluster.workers as [SimWorker, SimWorker, SimWorker];
    const stream = cluster.publish(RATE, ingest, home);
    expect([ingest.load, home.load, other.load]).toEqual([INTAKE, 0, 0]);
    const part = cluster.join(stream, other, 'stays');
    cluster.join(stream, other, 'stays');
    expect(cluster.relays).toBe(2);
    expect(ingest.load).toBeCloseTo(INTAKE + FEED, 9);
    expect(home.load).toBeCloseTo(INTAKE + FEED, 9);
    expect(other.load).toBeCloseTo(INTAKE + 2 * FLV, 9);
    cluster.leave(part, 'stays');
    cluster.leave(part, 'stays');
    expect(cluster.relays).toBe(0);
    expect(home.load).toBeCloseTo(0, 9);
  });

  it('spreads many relays once there are replicas', () => {
    const cluster = clusterOf(100);
    const [ingest, home, ...others] = cluster.workers as [SimWorker, SimWorker, ...SimWorker[]];
    const stream = cluster.publish(RATE, ingest, home);
    for (const worker of others) cluster.join(stream, worker, 'stays');
    expect(stream.parts.get(home)?.relays).toBe(98);
    cluster.setServers(stream, home, others.slice(0, 5));
    for (const { relays } of stream.parts.values())
      expect(relays).toBeLessThanOrEqual(RELAY_FAN_OUT);
    checkStream(stream);
    cluster.setServers(stream, home, []);
    expect(stream.parts.get(home)?.relays).toBe(98);
  });

  it('keeps loads and relays right through anything that happens', () => {
    const random = seededRandom(11);
    const cluster = clusterOf(40);
    const any = (): SimWorker => {
      const { alive } = cluster;
      return alive[Math.floor(random.next() * alive.length)]!;
    };
    const streams = Array.from({ length: 5 }, () => cluster.publish(RATE, any(), any()));
    const viewers: { part: Part; kind: ViewerKind }[] = [];
    const acts = [
      () => {
        const stream = streams[Math.floor(random.next() * streams.length)]!;
        const kind = random.next() < 0.5 ? 'asks' : 'stays';
        viewers.push({ part: cluster.join(stream, any(), kind), kind });
      },
      () => {
        const [viewer] = viewers.splice(Math.floor(random.next() * viewers.length), 1);
        if (viewer !== undefined) cluster.leave(viewer.part, viewer.kind);
      },
      () => {
        const stream = streams[Math.floor(random.next() * streams.length)]!;
        const home = any();
        const replicas = new Set(Array.from({ length: 4 }, any));
        replicas.delete(home);
        cluster.setServers(stream, home, [...replicas]);
      },
      () => cluster.setIngest(streams[Math.floor(random.next() * streams.length)]!, any()),
    ];
    for (let i = 0; i < 3000; i += 1) {
      acts[random.next() < 0.6 ? 0 : Math.floor(random.next() * acts.length)]!();
      if (i % 100 !== 0) continue;
      for (const stream of streams) checkStream(stream);
      for (const worker of cluster.workers) expect(worker.load).toBeCloseTo(countedLoad(worker), 9);
      const pulls = streams.flatMap(({ parts }) => [...parts.values()].filter((p) => p.upstream));
      expect(cluster.relays).toBe(pulls.length);
    }
  });

  it('feeds those who are left when a worker dies', () => {
    const cluster = clusterOf(60);
    const [ingest, home, replica, ...others] = cluster.workers as [SimWorker, SimWorker, SimWorker];
    const stream = cluster.publish(RATE, ingest, home);
    for (const worker of others as SimWorker[]) cluster.join(stream, worker, 'stays');
    cluster.setServers(stream, home, [replica]);
    expect(cluster.kill(home)).toEqual([stream]);
    cluster.setServers(stream, replica, []);
    checkStream(stream);
    expect(cluster.kill(ingest)).toEqual([stream]);
    cluster.setIngest(stream, replica);
    checkStream(stream);
    expect(stream.parts.size).toBe(58);
    for (const worker of cluster.alive) expect(worker.load).toBeCloseTo(countedLoad(worker), 9);
    expect(ingest.load).toBe(0);
  });
});
