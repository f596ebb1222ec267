import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publish, Recorder } from './clients/ffmpeg.ts';
import { gstreamer, rtmpdump, vlc } from './clients/others.ts';
import { compareAudio, compareVideo } from './content/compare.ts';
import { fetchMediaPlaylist, parsePlaylist } from './clients/playlist.ts';
import { fixture, FRAME_BYTES, type Fixture } from './content/fixture.ts';
import { withoutBrokenTail, locateShown } from './content/raw-frames.ts';
import { TestCluster } from './harness/cluster.ts';
import { eventuallyTrue } from './harness/eventually.ts';

const STREAM = 'live/players';
const PLAYED_MS = 120_000;
const AT_LEAST = 200;

describe('players that are not ffmpeg', { timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let source: Fixture;

  beforeAll(async () => {
    source = await fixture();
    cluster = await TestCluster.start('players');
  }, 180_000);

  afterAll(() => cluster.stop());

  it('VLC, GStreamer and rtmpdump show the source', async () => {
    const publisher = publish(source.file, cluster.rtmpUrl(STREAM));
    await cluster.live(STREAM);
    const { folder } = cluster;
    const dump = path.join(folder, 'dump.flv');
    const rtmp = cluster.rtmpUrl(STREAM);
    const librtmp = rtmpdump(rtmp, dump);
    const flv = cluster.httpUrl(STREAM, 'flv');
    const hls = cluster.httpUrl(STREAM, 'm3u8');
    await eventuallyTrue('three segments', 30_000, async () => {
      const answer = await fetchMediaPlaylist(hls);
      return answer.ok && parsePlaylist(await answer.text()).segments.length >= 3;
    });
    const players = {
      'VLC over HTTP-FLV': vlc(flv, FRAME_BYTES),
      'VLC over HLS': vlc(hls, FRAME_BYTES),
      'GStreamer over RTMP': gstreamer('rtmp', rtmp, folder, FRAME_BYTES),
      'GStreamer over HTTP-FLV': gstreamer('flv', flv, folder, FRAME_BYTES),
      'GStreamer over HLS': gstreamer('hls', hls, folder, FRAME_BYTES),
    };
    await publisher.success(PLAYED_MS);

    for (const [name, { child, shown }] of Object.entries(players)) {
      await child.success(PLAYED_MS);
      const { pictures, missing, repeated } = locateShown(
        source.video,
        withoutBrokenTail(source.video, shown()),
      );
      console.log(`${name}: ${pictures} pictures, ${missing} missing, ${repeated} repeated`);
      expect(pictures, name).toBeGreaterThan(AT_LEAST);
      // VLC's clock drops what is late on a busy machine; the others have no clock.
      expect(missing, name).toBeLessThan(name.startsWith('VLC') ? pictures * 0.1 : 1);
    }
    // librtmp ends with 2 (incomplete) when a live stream is over.
    await librtmp.ended;
    const recording = await new Recorder(dump, folder).finished(PLAYED_MS);
    const whole = { toTheEnd: true, atLeast: AT_LEAST };
    compareVideo(source, recording.video, whole);
    compareAudio(source, recording.audio, whole);
  });
});
