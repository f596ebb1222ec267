import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publish, Recorder } from './clients/ffmpeg.ts';
import { metric, scrape } from './clients/metrics.ts';
import { WsFlvRecorder } from './clients/ws-flv.ts';
import { compareAudio, compareVideo } from './content/compare.ts';
import { fixture, type Fixture } from './content/fixture.ts';
import { TestCluster } from './harness/cluster.ts';

const STREAM = 'live/secret';
const PLAYED_MS = 90_000;
const PART = { toTheEnd: true, atLeast: 200 };
const HOST = '127.0.0.1';

describe('a publisher and players over TLS', { timeout: 180_000 }, () => {
  let cluster: TestCluster;
  let source: Fixture;

  beforeAll(async () => {
    source = await fixture();
    cluster = await TestCluster.start('tls', { certificateFor: [HOST] });
  }, 180_000);

  afterAll(() => cluster.stop());

  it('get the same content by RTMPS, HTTPS-FLV, WSS and HLS, from whom they verify', async () => {
    const { folder, certificateFile } = cluster;
    const publisher = publish(source.file, cluster.rtmpsUrl(STREAM));
    await cluster.live(STREAM);
    const verify = ['-tls_verify', '1', '-ca_file', certificateFile];
    const rtmps = cluster.rtmpsUrl(STREAM);
    const flv = cluster.httpsUrl(STREAM, 'flv');
    const hls = cluster.httpsUrl(STREAM, 'm3u8');
    const players = [rtmps, rtmps, flv, flv, hls, hls, cluster.rtmpUrl(STREAM)].map(
      (url) => new Recorder(url, folder, url.includes('s://') ? verify : []),
    );
    const ca = fs.readFileSync(certificateFile);
    const file = path.join(folder, 'wss.flv');
    const socket = await new WsFlvRecorder(cluster.wssUrl(STREAM), file, { ca }).open();

    await publisher.success(PLAYED_MS);
    await socket.ended;
    const recordings = await Promise.all([
      ...players.map((player) => player.finished(PLAYED_MS)),
      new Recorder(file, folder).finished(PLAYED_MS),
    ]);
    for (const { video, audio } of recordings) {
      const pictures = compareVideo(source, video, PART);
      const sounds = compareAudio(source, audio, { toTheEnd: true, atLeast: 300 });
      expect(pictures.first + pictures.count).toBe(source.video.length);
      expect(sounds.first + sounds.count).toBe(source.audio.length);
    }
  });

  it('are counted', async () => {
    const pages = await Promise.all(cluster.adminPorts().map((port) => scrape(port)));
    const sum = (name: string): number =>
      pages.reduce((total, page) => total + metric(page, name), 0);
    expect(sum('streamcluster_tls_handshakes_total')).toBeGreaterThan(7);
    expect(sum('streamcluster_tls_handshake_failures_total')).toBe(0);
    expect(sum('streamcluster_tls_connections')).toBe(0);
  });
});
