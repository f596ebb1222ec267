import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publish } from './clients/ffmpeg.ts';
import type { FlvViewer } from './clients/flv.ts';
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

  const start = (): Child => publish(source.file, cluster.rtmpUrl(STREAM), { repeats: -1 });
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
      const text = await (await fetch(cluster.httpUrl(STREAM, 'm3u8'))).text();
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
    const playlist = await fetch(cluster.httpUrl(STREAM, 'm3u8'));
    if (playlist.ok) expect(await playlist.text()).toContain('#EXT-X-ENDLIST');
    else expect(playlist.status).toBe(404);
  });

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
