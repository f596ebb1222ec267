import { describe, expect, it } from 'vitest';
import { seededRandom } from '@streamcluster/placement';
import { Audience } from './audience.ts';
import { Cluster } from './cluster.ts';
import type { SimStream, SimWorker } from './parts.ts';

function setting() {
  const cluster = new Cluster();
  const [a, b] = [cluster.addWorker(), cluster.addWorker()];
  const streams = [cluster.publish(2e6, a, a), cluster.publish(2e6, b, b)];
  const audience = new Audience(cluster);
  const watching = (worker: SimWorker, stream: SimStream): number => {
    const part = stream.parts.get(worker);
    return (part?.stays ?? 0) + (part?.asks ?? 0);
  };
  return { cluster, audience, watching, a, b, streams: streams as [SimStream, SimStream] };
}

describe('Audience', () => {
  it('interrupts those who stay, and who ask only when it is sudden', () => {
    for (const isSudden of [false, true]) {
      const { audience, watching, a, b, streams } = setting();
      for (let i = 0; i < 3; i += 1) audience.join(streams[0], a, 'stays');
      for (let i = 0; i < 2; i += 1) audience.join(streams[0], a, 'asks');
      audience.join(streams[0], b, 'stays');
      audience.cut(a, isSudden, () => b);
      expect(audience.interrupted).toBe(isSudden ? 5 : 3);
      expect(audience.mostCuts).toBe(1);
      expect(watching(a, streams[0])).toBe(0);
      expect(watching(b, streams[0])).toBe(6);
    }
  });

  it('counts how often one viewer was interrupted', () => {
    const { audience, a, b, streams } = setting();
    audience.join(streams[0], a, 'stays');
    audience.cut(a, true, () => b);
    audience.cut(b, true, () => a);
    expect(audience.mostCuts).toBe(2);
    audience.leaveAny(1, seededRandom(1));
    expect([audience.mostCuts, audience.size]).toEqual([0, 0]);
  });

  it('lets go of the relay when the last viewer moved or left', () => {
    const { cluster, audience, watching, a, b, streams } = setting();
    audience.join(streams[0], b, 'stays');
    audience.join(streams[1], a, 'asks');
    expect(cluster.relays).toBe(2);
    audience.move(0, a);
    audience.leaveStream(streams[1], 5);
    expect(cluster.relays).toBe(0);
    expect(watching(a, streams[0])).toBe(1);
    expect(audience.size).toBe(1);
  });
});
