import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Audience } from './clients/audience.ts';
import { publish } from './clients/ffmpeg.ts';
import { moveOften, spanText } from './clients/moving.ts';
import { StreamServers } from './clients/servers.ts';
import { fixture, type Fixture } from './content/fixture.ts';
import { TestCluster } from './harness/cluster.ts';

const STREAM = 'live/moving';
const MOVES = 20;
const EVERY_MS = 700;
const CLIP = { seconds: 40, size: '320x180', videoBitsPerSecond: 300_000 };
const PLAYED_MS = 90_000;

describe('a watched stream that moves 20 times', { timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let source: Fixture;

  beforeAll(async () => {
    source = await fixture(CLIP);
    cluster = await TestCluster.start('moves', { replicas: 4, rebalance: 'Disabled' });
  }, 180_000);

  afterAll(() => cluster.stop());

  it('loses no frame and repeats none, by any protocol, on any worker', async () => {
    const publisher = publish(source.file, cluster.rtmpUrl(STREAM));
    await cluster.live(STREAM);
    const audience = await Audience.open(cluster, STREAM);
    const servers = new StreamServers(cluster, STREAM);
    const before = await servers.entry();
    const tookMs = await moveOften(cluster, servers, { count: MOVES, everyMs: EVERY_MS });
    console.log(`${MOVES} moves of a home: ${spanText(tookMs)}`);
    expect((await servers.entry()).epoch).toBe(before.epoch + MOVES);
    expect(publisher.running).toBe(true);

    await publisher.success(PLAYED_MS);
    const hls = await audience.expectWhole(source, 300, PLAYED_MS);
    expect(hls.playlistsComparedOnAll).toBeGreaterThanOrEqual(7);
    expect(hls.segmentsComparedOnAll).toBeGreaterThanOrEqual(10);
    audience.close();
  });
});
