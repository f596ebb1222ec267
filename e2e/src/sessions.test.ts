import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publish, Recorder } from './clients/ffmpeg.ts';
import { FlvViewer } from './clients/flv.ts';
import { mediaPlaylistUrl } from './clients/playlist.ts';
import { WsFlvRecorder } from './clients/ws-flv.ts';
import { fixture, type Fixture } from './content/fixture.ts';
import type { SessionItem } from './harness/api.ts';
import type { Child } from './harness/child.ts';
import { TestCluster } from './harness/cluster.ts';
import { eventually, eventuallyTrue, within } from './harness/eventually.ts';

const STREAM = 'live/sessions';
const CLIP = { seconds: 10, size: '320x180', videoBitsPerSecond: 300_000 };
const SHOWN_MS = 10_000;
const ENDED_MS = 5_000;
const BAN_SECONDS = 3;
/** Each on a connection of its own, which the kernel gives to any worker. */
const NEW_CONNECTIONS = ['-http_persistent', '0'];

describe('sessions of three workers', { timeout: 90_000 }, () => {
  let cluster: TestCluster;
  let source: Fixture;
  let publisher: Child;

  beforeAll(async () => {
    source = await fixture(CLIP);
    cluster = await TestCluster.start('sessions');
    publisher = publish(source.file, `${cluster.rtmpUrl(STREAM)}?token=very-secret`, {
      repeats: -1,
    });
    await cluster.live(STREAM);
  }, 120_000);

  afterAll(async () => {
    publisher.kill();
    await cluster.stop();
  });

  /** The only session that fits, once it is shown. */
  function shown(fits: (session: SessionItem) => boolean): Promise<SessionItem> {
    return eventually('a session', SHOWN_MS, async () => {
      const [first, ...others] = (await cluster.api.sessions(STREAM)).filter(fits);
      return others.length === 0 ? first : undefined;
    });
  }

  const play = (protocol: string): Promise<SessionItem> =>
    shown((session) => session.action === 'play' && session.protocol === protocol);

  async function flvStatus(): Promise<number> {
    const viewer = await new FlvViewer({
      port: cluster.httpPort,
      path: `/${STREAM}.flv`,
    }).answered();
    viewer.close();
    return viewer.status;
  }

  it('are one for each player of HLS, whichever workers it asks', async () => {
    const url = `${cluster.httpUrl(STREAM, 'm3u8')}?token=very-secret`;
    const players = [0, 1].map(() => new Recorder(url, cluster.folder, NEW_CONNECTIONS));
    const sessions = await eventually('a player at two workers', 20_000, async () => {
      const found = (await cluster.api.sessions(STREAM)).filter(({ action }) => action === 'play');
      // Whoever came before the first segment was told of nothing at first.
      if (found.some(({ bytes }) => bytes === 0)) return undefined;
      return found.some(({ workers }) => workers.length > 1) ? found : undefined;
    });
    expect(sessions).toHaveLength(players.length);
    for (const session of sessions) {
      expect(session).toMatchObject({ protocol: 'hls', areBytesEstimated: true });
      expect(session.userAgent).toMatch(/^Lavf/);
    }
    for (const player of players) {
      expect(player.child.running).toBe(true);
      expect((await player.stop()).video.length).toBeGreaterThan(10);
    }
  });

  it('of publishers show how they send', async () => {
    const [health, conditions] = await eventually('pictures are counted', SHOWN_MS, async () => {
      const { health: found, conditions: all } = await cluster.api.streamDetail(STREAM);
      return found !== null && found.framesPerSecond > 0 ? ([found, all] as const) : undefined;
    });
    expect(health.framesPerSecond).toBeCloseTo(25, 0);
    expect(health.keyIntervalMs).toBeGreaterThan(200);
    const ofKeyFrames = conditions.find(({ type }) => type === 'KeyFramesFrequent');
    expect(ofKeyFrames).toMatchObject({ status: 'True', reason: 'AsExpected' });
  });

  it('are ended, and their clients may come back at once', async () => {
    const rtmp = new Recorder(cluster.rtmpUrl(STREAM), cluster.folder);
    expect(await cluster.api.kick(await play('rtmp'))).toBe(200);
    await within('the RTMP player ends', ENDED_MS, rtmp.ended);

    const at = { port: cluster.httpPort, path: `/${STREAM}.flv` };
    const flv = await new FlvViewer(at).answered();
    expect(await cluster.api.kick(await play('flv'))).toBe(200);
    await within('the FLV viewer ends', ENDED_MS, flv.ended);
    expect(flv.error).toBeUndefined();
    expect(await flvStatus()).toBe(200);

    const file = path.join(cluster.folder, 'kicked.flv');
    const socket = await new WsFlvRecorder(cluster.wsUrl(STREAM), file).open();
    expect(await cluster.api.kick(await play('ws-flv'))).toBe(200);
    const { code, reason } = await within('the WebSocket ends', ENDED_MS, socket.ended);
    expect([code, reason]).toEqual([1008, 'kicked']);
  });

  it('of HLS are ended with the next request, and begin anew', async () => {
    const first = await fetch(cluster.httpUrl(STREAM, 'm3u8'), { headers: { 'user-agent': 'p' } });
    const url = mediaPlaylistUrl(await first.text(), first.url);
    const ask = async (): Promise<number> => {
      const answer = await fetch(url, { headers: { 'user-agent': 'p', connection: 'close' } });
      await answer.arrayBuffer();
      return answer.status;
    };
    expect(await ask()).toBe(200);
    const mine = await shown(({ userAgent }) => userAgent === 'p');
    expect(new URL(url).searchParams.get('session')).toBe(mine.id);
    expect(await cluster.api.kick(mine)).toBe(200);
    expect(await cluster.api.kick(mine)).toBe(404);
    expect(await ask()).toBe(200);
    const again = await shown(({ id }) => id === mine.id);
    expect(again.startedUnixMs).toBeGreaterThan(mine.startedUnixMs);
    expect(await cluster.api.kick(again, BAN_SECONDS)).toBe(200);
    for (let i = 0; i < 6; i++) expect(await ask()).toBe(403);
    await eventuallyTrue('the ban is over', 2 * BAN_SECONDS * 1_000, async () => {
      return (await ask()) === 200;
    });
  });

  it('are refused for a time by every worker', async () => {
    const viewer = await new FlvViewer({
      port: cluster.httpPort,
      path: `/${STREAM}.flv`,
    }).answered();
    expect(await cluster.api.kick(await play('flv'), BAN_SECONDS)).toBe(200);
    await within('the viewer ends', ENDED_MS, viewer.ended);
    const answers = await Promise.all(Array.from({ length: 9 }, flvStatus));
    expect(new Set(answers)).toEqual(new Set([403]));
    await eventuallyTrue('the ban is over', 2 * BAN_SECONDS * 1_000, async () => {
      return (await flvStatus()) === 200;
    });
  });

  it('are not ended by pages of other sites', async () => {
    const { namespace, name } = await cluster.api.cluster();
    const session = await shown(({ action }) => action === 'publish');
    const path_ = `/api/v1/clusters/${namespace}/${name}/streams/${STREAM}/sessions/${session.id}`;
    const evil = { 'x-streamcluster-request': 'x', origin: 'https://evil.example' };
    for (const headers of [{}, evil]) {
      const answer = await fetch(cluster.api.url + path_, { method: 'DELETE', headers });
      expect(answer.status).toBe(403);
    }
    expect(publisher.running).toBe(true);
  });

  it('of publishers are ended, whose stream stays for a while, and are logged', async () => {
    const session = await shown(({ action }) => action === 'publish');
    expect(session).toMatchObject({ protocol: 'rtmp', address: '127.0.0.1' });
    expect(session.bytes).toBeGreaterThan(10_000);
    expect(await cluster.api.kick(session)).toBe(200);
    await within('the publisher ends', ENDED_MS, publisher.ended);
    publisher = publish(source.file, cluster.rtmpUrl(STREAM), { repeats: -1 });
    await shown(({ action, id }) => action === 'publish' && id !== session.id);

    const log = fs.readFileSync(path.join(cluster.folder, 'logs/workers.log'), 'utf8');
    expect(log).not.toContain('very-secret');
    const lines = log.split('\n').filter((line) => line.includes('"session ended"'));
    const ended = lines.map((line) => JSON.parse(line.slice(line.indexOf('{'))) as EndedLine);
    const kicked = ended.filter(({ reason }) => reason === 'kicked').map((line) => line.protocol);
    expect([...new Set(kicked)].sort()).toEqual(['flv', 'hls', 'rtmp', 'ws-flv']);
    expect(ended.find(({ session: id }) => id === session.id)).toMatchObject({
      ...{ reason: 'kicked', action: 'publish', stream: STREAM },
    });
  });
});

interface EndedLine {
  readonly session: string;
  readonly reason: string;
  readonly protocol: string;
}
