import { hlsKeyId } from '@streamcluster/proto';
import { describe, expect, it } from 'vitest';
import { streamName } from '../media/stream-name.ts';
import { Sim } from './testing/sim.ts';

const NAME = streamName('live', 'news')!;
const DRAIN = { deadlineSeconds: 30, publisherGraceSeconds: 2, lingerSeconds: 1 };
const STREAMS = {
  publisherGraceSeconds: 3,
  maxLagSeconds: 4,
  waitForPublisherSeconds: 5,
  hls: { segmentSeconds: 1, segments: 4 },
};

describe('control', () => {
  it('applies a configuration to streams that run, and ignores older ones', async () => {
    const sim = new Sim();
    const [a] = await sim.add('w-a');
    const publisher = await a!.publish(NAME);
    const { control } = a!.cluster;
    const told = { placementPolicy: 'Local', drain: DRAIN };
    const base = { ...told, access: undefined };
    const hlsKey = Buffer.from('key');
    expect(control.configure({ ...base, version: 4, streams: STREAMS, hlsKey })).toBe(4);
    const older = { ...STREAMS, publisherGraceSeconds: 99 };
    const before = { ...base, version: 3, streams: older, drain: undefined };
    expect(control.configure({ ...before, hlsKey: Buffer.from('old') })).toBe(4);
    expect(a!.settings).toMatchObject({ ...told, appliedVersion: 4, hlsKeyId: hlsKeyId(hlsKey) });
    publisher.lose();
    await sim.run(4_000);
    expect(a!.stream(NAME)?.state).toBe('ended');
  });

  it('keeps the policy that it has when another one is unknown', async () => {
    const sim = new Sim();
    const [a] = await sim.add('w-a');
    const unchanged = { streams: undefined, drain: undefined, access: undefined };
    const hlsKey = Buffer.alloc(0);
    a!.cluster.control.configure({ ...unchanged, hlsKey, version: 1, placementPolicy: 'Nearest' });
    expect(a!.settings.placementPolicy).toBe('Random');
  });

  it('lists streams with their role, as every worker has it', async () => {
    const sim = new Sim();
    const [a, b, c] = await sim.add('w-a', 'w-b', 'w-c');
    sim.operator = (): string => 'w-b';
    await a!.publish(NAME);
    await sim.run(500);
    await c!.view(NAME);
    await sim.run(500);
    const roles = [a, b, c].map((worker) => worker!.cluster.control.listStreams()[0]?.role);
    expect(roles).toEqual([1, 2, 3]);
    expect(a!.cluster.control.listStreams()[0]).toMatchObject({
      name: 'live/news',
      homeWorker: 'w-b',
      ingestWorker: 'w-a',
      viewers: { relay: 1 },
      tracks: [
        { kind: 'video', codec: 'h264' },
        { kind: 'audio', codec: 'aac' },
      ],
    });
  });

  it('refuses to release a stream that it knows under a newer epoch', async () => {
    const sim = new Sim();
    const [a] = await sim.add('w-a');
    const publisher = await a!.publish(NAME);
    publisher.lose();
    const call = { stream: NAME.key, newIngestWorker: 'w-b' };
    const { control } = a!.cluster;
    expect(control.release({ ...call, epoch: 0 })).toMatchObject({
      isReleased: false,
      reason: 'newer-epoch',
    });
    expect(control.release({ ...call, epoch: 1 }).isReleased).toBe(true);
    expect(control.release({ ...call, stream: '../etc', epoch: 1 }).continuation.length).toBe(0);
  });
});
