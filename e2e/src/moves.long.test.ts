import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Audience } from './clients/audience.ts';
import { publish } from './clients/ffmpeg.ts';
import { moveOften, spanText } from './clients/moving.ts';
import { StreamServers } from './clients/servers.ts';
import { fixture, type Fixture } from './content/fixture.ts';
import { TestCluster } from './harness/cluster.ts';

const STREAM = 'live/moving';
const MOVES = 100;
const EVERY_MS = 1_500;
const CLIP = { seconds: 190, size: '320x180', videoBitsPerSecond: 300_000 };
const PLAYED_MS = 240_000;

describe('a watched stream that moves 100 times', { timeout: 480_000 }, () => {
  let cluster: TestCluster;
  let source: Fixture;

  beforeAll(async () => {
    source = await fixture(CLIP);
    cluster = await TestCluster.start('moves-long', { replicas: 5, rebalance: 'Disabled' });
  });

  afterAll(() => cluster.stop());

  it('loses no frame and repeats none, by any protocol, on any worker', async () => {
    const publisher = publish(source.file, cluster.rtmpUrl(STREAM));
    await cluster.live(STREAM);
    const audience = await Audience.open(cluster, STREAM);
    const servers = new StreamServers(cluster, STREAM);
    const tookMs = await moveOften(cluster, servers, { count: MOVES, everyMs: EVERY_MS });
    console.log(`${MOVES} moves of a home: ${spanText(tookMs)}`);
    expect(publisher.running).toBe(true);

    await publisher.success(PLAYED_MS);
    const hls = await audience.expectWhole(source, MOVES * 25, PLAYED_MS);
    expect(hls.segmentsComparedOnAll).toBeGreaterThanOrEqual(MOVES / 2);
    console.log(`${hls.segmentsComparedOnAll} segments were the same on all workers`);
    audience.close();
  });
});
