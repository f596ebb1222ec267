import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Door } from './clients/doors.ts';
import { publish, Recorder, type Recording } from './clients/ffmpeg.ts';
import { HlsWatcher } from './clients/hls-watcher.ts';
import { WsFlvRecorder } from './clients/ws-flv.ts';
import { compareAudio, compareVideo } from './content/compare.ts';
import { fixture, type Fixture } from './content/fixture.ts';
import { TestCluster } from './harness/cluster.ts';
import { eventuallyTrue } from './harness/eventually.ts';

const STREAM = 'live/news';
const SPREAD_MS = 15_000;
const PLAYED_MS = 90_000;
/** Players join within the first seconds of 20. */
const PART = { toTheEnd: true, atLeast: 200 };

describe('one publisher and ten players at once', { timeout: 180_000 }, () => {
  let cluster: TestCluster;
  let source: Fixture;

  beforeAll(async () => {
    source = await fixture();
    cluster = await TestCluster.start('watch');
  }, 180_000);

  afterAll(() => cluster.stop());

  it('gives every player the same content, from every worker', async () => {
    const publisher = publish(source.file, cluster.rtmpUrl(STREAM));
    await cluster.live(STREAM);
    const doors = await Door.all(cluster.workerPids(), cluster.httpPort);
    const hls = new HlsWatcher(doors, STREAM);
    const players = openPlayers(cluster);
    const sockets = await openWebSockets(cluster, 3);
    await spread(cluster, players);

    await publisher.success(PLAYED_MS);
    await Promise.all(sockets.map((socket) => socket.ended));
    const recordings = await Promise.all([
      ...players.map((player) => player.finished(PLAYED_MS)),
      ...sockets.map(({ file }) => new Recorder(file, cluster.folder).finished(PLAYED_MS)),
    ]);
    for (const recording of recordings) expectWhole(source, recording);
    expect(recordings.length).toBeGreaterThanOrEqual(10);

    const seen = await hls.ended(PLAYED_MS);
    expect(seen.differences).toEqual([]);
    expect(seen.playlistsComparedOnAll).toBeGreaterThanOrEqual(5);
    expect(seen.segmentsComparedOnAll).toBeGreaterThanOrEqual(6);
    for (const door of doors) door.close();
  });
});

/** Three over RTMP, two over HTTP-FLV, two over HLS. */
function openPlayers(cluster: TestCluster): Recorder[] {
  const rtmp = cluster.rtmpUrl(STREAM);
  const flv = cluster.httpUrl(STREAM, 'flv');
  const hls = cluster.httpUrl(STREAM, 'm3u8');
  return [rtmp, rtmp, rtmp, flv, flv, hls, hls].map((url) => new Recorder(url, cluster.folder));
}

function openWebSockets(cluster: TestCluster, count: number): Promise<WsFlvRecorder[]> {
  return Promise.all(
    Array.from({ length: count }, (_, i) =>
      new WsFlvRecorder(cluster.wsUrl(STREAM), path.join(cluster.folder, `ws-${i}.flv`)).open(),
    ),
  );
}

/** The kernel draws the worker of each connection: more join until all have some. */
async function spread(cluster: TestCluster, players: Recorder[]): Promise<void> {
  const everywhere = async (): Promise<boolean> =>
    (await cluster.api.workers()).every(({ viewers }) => viewers > 0);
  for (let more = 0; more < 5; more++) {
    try {
      await eventuallyTrue('viewers on every worker', SPREAD_MS / 3, everywhere);
      return;
    } catch {
      players.push(new Recorder(cluster.httpUrl(STREAM, 'flv'), cluster.folder));
    }
  }
  await eventuallyTrue('viewers on every worker', SPREAD_MS, everywhere);
}

function expectWhole(source: Fixture, { video, audio }: Recording): void {
  const pictures = compareVideo(source, video, PART);
  const sounds = compareAudio(source, audio, { toTheEnd: true, atLeast: 300 });
  expect(pictures.first + pictures.count).toBe(source.video.length);
  expect(sounds.first + sounds.count).toBe(source.audio.length);
}
