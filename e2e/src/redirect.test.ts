import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Door } from './clients/doors.ts';
import { publish, Recorder } from './clients/ffmpeg.ts';
import { StreamServers } from './clients/servers.ts';
import { compareAudio, compareVideo } from './content/compare.ts';
import { fixture, mediaTags, type Fixture } from './content/fixture.ts';
import { TestCluster } from './harness/cluster.ts';
import { eventuallyTrue } from './harness/eventually.ts';

const STREAM = 'live/elsewhere';
const CLIP = { seconds: 40, size: '320x180', videoBitsPerSecond: 300_000 };
const PLAYED_MS = 90_000;
const LOCATION = /^http:\/\/127\.0\.0\.1:(\d+)\/live\/elsewhere\.(flv|m3u8)\?redirected=\d+$/;
/** What curl ends with where the time is over and the body is not. */
const TIMED_OUT = 28;
const exec = promisify(execFile);

describe('workers with ports of their own', { timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let source: Fixture;
  let doors: Door[];

  beforeAll(async () => {
    source = await fixture(CLIP);
    cluster = await TestCluster.start('redirect', {
      ...{ replicas: 4, redirect: true, rebalance: 'Disabled' },
    });
    doors = await Door.all(cluster.workerPids(), cluster.httpPort);
  }, 180_000);

  afterAll(async () => {
    for (const door of doors) door.close();
    await cluster.stop();
  });

  it('send new viewers to home and replica, and players follow', async () => {
    const publisher = publish(source.file, cluster.rtmpUrl(STREAM));
    await cluster.live(STREAM);
    const servers = new StreamServers(cluster, STREAM);
    const { ingest } = await servers.entry();
    const ids = cluster.workers().map(({ id }) => id);
    const [home = '', replica = '', other = ''] = ids.filter((id) => id !== ingest);
    await servers.serve(home, [replica]);
    await everyoneKnows(other);
    const serving = [ingest, home, replica];

    const players = Array.from({ length: 6 }, (_, i) => {
      return new Recorder(cluster.httpUrl(STREAM, i % 2 === 0 ? 'flv' : 'm3u8'), cluster.folder);
    });
    await curlFollows(cluster.httpUrl(STREAM, 'flv'));
    await eventuallyTrue('viewers on those who serve only', 20_000, async () => {
      const workers = await cluster.api.workers();
      const watched = workers.filter(({ viewers }) => viewers > 0).map(({ id }) => id);
      return watched.length > 0 && watched.every((id) => serving.includes(id));
    });
    // An RTMP viewer is served where it lands, by a relay.
    const rtmp = new Recorder(cluster.rtmpUrl(STREAM), cluster.folder);
    await publisher.success(PLAYED_MS);
    for (const player of [...players, rtmp]) {
      const { video, audio } = await player.finished(PLAYED_MS);
      compareVideo(source, video, { toTheEnd: true, atLeast: 100 });
      compareAudio(source, audio, { toTheEnd: true, atLeast: 200 });
    }
  });

  /** Every worker answers as it should, the one without a part in the stream by a
   * place of another that serves. */
  async function everyoneKnows(other: string): Promise<void> {
    const { pid } = cluster.worker(other);
    await eventuallyTrue('viewers are sent elsewhere', 20_000, async () => {
      const answers = await Promise.all(
        doors.map(async (door) => ({
          pid: door.workerPid,
          ...(await door.get(`/${STREAM}.m3u8`)),
        })),
      );
      return answers.every((answer) =>
        answer.pid === pid
          ? answer.status === 302 && LOCATION.test(answer.headers.location ?? '')
          : answer.status === 200,
      );
    });
  }

  /** FLV by curl, one second at a time, until it was sent to another worker's port. */
  async function curlFollows(url: string): Promise<void> {
    const file = path.join(cluster.folder, 'curl.flv');
    const args = ['-sL', '--max-time', '1', '-w', '%{url_effective}', '-o', file, url];
    await eventuallyTrue('curl is sent elsewhere', 60_000, async () => {
      const { stdout } = await exec('curl', args).catch((error: unknown) => {
        if ((error as { code?: number }).code === TIMED_OUT) return error as { stdout: string };
        throw error;
      });
      expect(mediaTags(fs.readFileSync(file)).length).toBeGreaterThan(10);
      return stdout.includes('redirected=');
    });
  }
});
