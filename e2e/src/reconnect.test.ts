import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Door } from './clients/doors.ts';
import { publish } from './clients/ffmpeg.ts';
import type { FlvViewer } from './clients/flv.ts';
import { HlsNumbers } from './clients/hls-numbers.ts';
import { fetchMediaPlaylist, parsePlaylist, playlistPath } from './clients/playlist.ts';
import { rtmpdump } from './clients/others.ts';
import { viewerOn } from './clients/viewers.ts';
import { WsFlvRecorder } from './clients/ws-flv.ts';
import { fixture, isMedia, mediaTags, type Fixture } from './content/fixture.ts';
import { isAudio, isVideo, type FlvTag } from './content/flv-tags.ts';
import type { Child } from './harness/child.ts';
import { TestCluster } from './harness/cluster.ts';
import { eventually, eventuallyTrue, within } from './harness/eventually.ts';
import { serverOfClient } from './harness/procfs.ts';

const STREAM = 'live/returning';
const BEREFT = 'live/bereft';
const GRACE_SECONDS = 8;
const GRACE_MS = GRACE_SECONDS * 1000;
const CONNECT_MS = 15_000;
const PICTURES_MS = 30_000;
const TRIES = 30;

describe('a publisher that is killed and comes back', { timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let source: Fixture;
  let publisher: Child;
  let viewers: FlvViewer[];
  let socket: WsFlvRecorder;
  let dump: Child;
  let dumpFile: string;

  beforeAll(async () => {
    source = await fixture();
    cluster = await TestCluster.start('reconnect', { publisherGraceSeconds: GRACE_SECONDS });
  }, 180_000);

  afterAll(async () => {
    publisher.kill();
    await cluster.stop();
  });

  const start = (stream = STREAM): Child =>
    publish(source.file, cluster.rtmpUrl(stream), { repeats: -1 });
  const ingestPid = (): Promise<number> =>
    eventually('the publisher is connected', CONNECT_MS, () =>
      serverOfClient(publisher.pid, cluster.rtmpPort, cluster.workerPids()),
    );

  it('keeps its viewers when it lands on another worker', async () => {
    publisher = start();
    await cluster.live(STREAM);
    const first = await ingestPid();
    viewers = await Promise.all(cluster.workerPids().map((pid) => viewerOn(cluster, STREAM, pid)));
    const file = path.join(cluster.folder, 'returning.flv');
    dumpFile = path.join(cluster.folder, 'dump.flv');
    dump = rtmpdump(cluster.rtmpUrl(STREAM), dumpFile);
    socket = await new WsFlvRecorder(cluster.wsUrl(STREAM), file).open();
    await morePictures(viewers, 50);

    await landElsewhere(first);
    await morePictures(viewers, 100);
    for (const viewer of viewers) {
      expect(viewer.closed).toBe(false);
      expect(viewer.error).toBeUndefined();
      expectTimeForward(viewer.tags);
    }
    expect(dump.running).toBe(true);
    const shown = await eventually('the API shows the new ingest worker', CONNECT_MS, async () => {
      const stream = await cluster.api.stream(STREAM);
      return stream?.state === 'live' && cluster.worker(stream.ingest).pid !== first
        ? stream
        : undefined;
    });
    expect(shown.name).toBe(STREAM);
  });

  it('goes on in HLS behind a discontinuity', async () => {
    const playlist = await eventually('a discontinuity', PICTURES_MS, async () => {
      const text = await (await fetchMediaPlaylist(cluster.httpUrl(STREAM, 'm3u8'))).text();
      return /#EXT-X-DISCONTINUITY(\n|-SEQUENCE:[1-9])/.test(text) ? text : undefined;
    });
    expect(playlist).not.toContain('#EXT-X-ENDLIST');
  });

  it('loses them, with a reason, when it stays away for longer than the grace', async () => {
    const killedAtMs = performance.now();
    publisher.kill();
    await within('viewers are closed', GRACE_MS + 20_000, Promise.all(viewers.map((v) => v.ended)));
    for (const viewer of viewers) {
      expect(viewer.endedAtMs - killedAtMs).toBeGreaterThan(GRACE_MS - 500);
      expectTimeForward(viewer.tags);
    }
    const { code, reason } = await within('the WebSocket is closed', 10_000, socket.ended);
    expect(code).toBe(1000);
    expect(reason).not.toBe('');
    await within('the RTMP player ends', 10_000, dump.ended);
    for (const file of [dumpFile, socket.file]) {
      const tags = mediaTags(fs.readFileSync(file));
      expect(tags.filter(isVideo).length).toBeGreaterThan(100);
      expectTimeForward(tags);
    }
    const playlist = await fetchMediaPlaylist(cluster.httpUrl(STREAM, 'm3u8'));
    if (playlist.ok) expect(await playlist.text()).toContain('#EXT-X-ENDLIST');
    else expect(playlist.status).toBe(404);
  });

  it('loses no viewer elsewhere when its worker is killed', async () => {
    publisher = start(BEREFT);
    await cluster.live(BEREFT);
    const pid = await ingestPid();
    const victim = cluster.workers().find((worker) => worker.pid === pid);
    const elsewhere = cluster.workerPids().filter((other) => other !== pid);
    const staying = await Promise.all(elsewhere.map((other) => viewerOn(cluster, BEREFT, other)));
    const doors = await Door.all(elsewhere, cluster.httpPort);
    const hls = doors.map((door) => new HlsNumbers(door, BEREFT));
    await morePictures(staying, 50);
    await eventuallyTrue('segments', PICTURES_MS, () =>
      hls.every(({ numbers }) => numbers.length > 1),
    );
    const before = hls.map(({ numbers }) => numbers.length);
    const shown = hls[0]?.numbers.at(-1) ?? 0;
    const tagsBefore = staying.map(({ tags }) => tags.length);

    process.kill(pid, 'SIGKILL');
    await publisher.ended;
    publisher = start(BEREFT);
    await morePictures(staying, 100);
    await eventuallyTrue('HLS goes on behind a discontinuity', PICTURES_MS, () =>
      hls.every(({ numbers, discontinuities }, i) => {
        return discontinuities.length > 0 && numbers.length > (before[i] ?? 0) + 3;
      }),
    );
    await Promise.all(hls.map((one) => one.end()));
    for (const { numbers, refusals } of hls) {
      expect(refusals).toEqual([]);
      expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i));
    }
    for (const door of doors) {
      // A player that is late asks for what it was shown before.
      expect((await door.get(`/${BEREFT}/${shown}.ts`)).status).toBe(200);
    }
    for (const { closed, error, tags } of staying) {
      expect([closed, error]).toEqual([false, undefined]);
      expectTimeForward(tags);
    }
    const stoppedMs = staying.map(({ tags }, i) => longestMs(tags.slice(tagsBefore[i])));
    console.log(
      `ingest worker killed: pictures stopped for ${Math.max(...stoppedMs).toFixed(0)} ms`,
    );
    await expectNumbersGoOn(
      victim?.id ?? '',
      pid,
      Math.max(...hls.flatMap(({ numbers }) => numbers)),
    );
    for (const door of doors) door.close();
  });

  /** The worker that was killed shows the stream as the others do once it is back. */
  async function expectNumbersGoOn(id: string, deadPid: number, number: number): Promise<void> {
    const pid = await eventually('the worker is back', CONNECT_MS, () => {
      return cluster.workers().find((worker) => worker.id === id && worker.pid !== deadPid)?.pid;
    });
    const door = await Door.to(pid, cluster.workerPids(), cluster.httpPort);
    const { status, body } = await door.get(playlistPath(BEREFT, 'back'));
    door.close();
    expect(status).toBe(200);
    const { mediaSequence, segments } = parsePlaylist(body.toString());
    expect(mediaSequence + segments.length).toBeGreaterThanOrEqual(number);
  }

  /** Two in three times a new connection ends at another worker; else once more. */
  async function landElsewhere(first: number): Promise<void> {
    for (let i = 0; i < TRIES; i++) {
      publisher.kill();
      await publisher.ended;
      publisher = start();
      if ((await ingestPid()) !== first) return;
    }
    throw new Error(`${TRIES} connections in a row ended at the same worker`);
  }
});

async function morePictures(viewers: readonly FlvViewer[], count: number): Promise<void> {
  const wanted = viewers.map(({ tags }) => tags.filter(isVideo).length + count);
  await eventuallyTrue(`${count} more pictures for each viewer`, PICTURES_MS, () =>
    viewers.every(({ tags }, i) => tags.filter(isVideo).length >= (wanted[i] ?? 0)),
  );
}

/** Between two tags. */
function longestMs(tags: readonly FlvTag[]): number {
  const gaps = tags.slice(1).map((tag, i) => tag.receivedAtMs - (tags[i]?.receivedAtMs ?? 0));
  return Math.max(...gaps);
}

function expectTimeForward(tags: readonly FlvTag[]): void {
  for (const isKind of [isVideo, isAudio]) {
    const times = tags
      .filter(isMedia)
      .filter(isKind)
      .map(({ timestampMs }) => timestampMs);
    const back = times.findIndex((time, i) => time < (times[i - 1] ?? 0));
    expect(back, `time goes back at number ${back} of ${times.length}`).toBe(-1);
  }
}
