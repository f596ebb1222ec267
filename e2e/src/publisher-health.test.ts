import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIP_SMALL, loadClip, TimedPublisher, type ClipTag } from '@streamcluster/bench';
import { createEngine, DEFAULT_ENGINE_OPTIONS, type Engine } from '@streamcluster/worker';
import { publishEncoded } from './clients/ffmpeg.ts';
import { metric, scrape } from './clients/metrics.ts';
import type { StreamCondition } from './harness/api.ts';
import { TestCluster } from './harness/cluster.ts';
import { eventually, eventuallyTrue } from './harness/eventually.ts';

const AUDIO = 8;
/** Judged once a second, reported every two. */
const SEEN_MS = 15_000;
/** The same, after it was well for 15 s. */
const WELL_AGAIN_MS = 40_000;
/** A busy machine brings these by itself. */
const OF_THE_MACHINE: readonly string[] = ['ArrivesSlowly', 'Silent'];
/** At 0, 10 and 20 s; then every second. */
const RARE_AT_FIRST = 'if(lt(t,21),gte(t,n_forced*10),gte(t,prev_forced_t+1))';
const OFTEN = 'gte(t,n_forced)';

describe('how a publisher sends', { timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let engine: Engine;

  beforeAll(async () => {
    engine = createEngine(DEFAULT_ENGINE_OPTIONS);
    cluster = await TestCluster.start('publisher-health', { replicas: 1 });
  }, 120_000);

  afterAll(async () => {
    engine.close();
    await cluster.stop();
  });

  /** Once the condition of the stream is so. */
  function becomes(
    stream: string,
    wanted: Partial<StreamCondition>,
    patienceMs = SEEN_MS,
  ): Promise<StreamCondition> {
    const what = `${stream}: ${JSON.stringify(wanted)}`;
    return eventually(what, patienceMs, async () => {
      const { conditions } = await cluster.api.streamDetail(stream);
      return conditions.find(
        ({ type, status }) => type === wanted.type && status === wanted.status,
      );
    });
  }

  /** What is wrong with it, as Prometheus reads it. */
  async function warned(stream: string): Promise<string[]> {
    const text = await cluster.api.text('/metrics/streams');
    const [app = '', name = ''] = stream.split('/');
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith('streamcluster_stream_warning{'));
    return lines
      .filter((line) => line.includes(`app="${app}",stream="${name}"`))
      .map((line) => /reason="(\w+)"\} 1$/.exec(line)?.[1] ?? line)
      .filter((reason) => !OF_THE_MACHINE.includes(reason));
  }

  async function figure(stream: string, name: string): Promise<number> {
    const label = `stream="${stream.split('/')[1] ?? ''}"`;
    const text = await cluster.api.text('/metrics/streams');
    return metric(text, `streamcluster_stream_${name}`, label);
  }

  const ofWorker = async (name: string, label = ''): Promise<number> =>
    metric(await scrape(cluster.adminPorts()[0] ?? 0), `streamcluster_${name}`, label);

  it.concurrent('warns of a key frame every 10 s until they come more often', async () => {
    const stream = 'live/rare';
    const publisher = publishEncoded(cluster.rtmpUrl(stream), RARE_AT_FIRST);
    const rare = { type: 'KeyFramesFrequent', status: 'False' } as const;
    const first = await becomes(stream, rare);
    expect(first.reason).toBe('KeyFramesRare');
    await eventuallyTrue('it is told how rare they are', SEEN_MS, async () => {
      const { message } = await becomes(stream, rare);
      return message === 'key frame every 10 s: viewers start late';
    });
    expect(await warned(stream)).toEqual(['KeyFramesRare']);
    expect(await figure(stream, 'key_frame_interval_seconds')).toBeCloseTo(10, 1);
    expect(await figure(stream, 'frames_per_second')).toBeCloseTo(25, 0);
    expect(await ofWorker('publishers_with_warnings')).toBeGreaterThan(0);

    const again = await becomes(stream, { ...rare, status: 'True' }, WELL_AGAIN_MS);
    expect(again).toMatchObject({ reason: 'AsExpected', message: '' });
    const lastedMs = Date.parse(again.lastTransitionTime) - Date.parse(first.lastTransitionTime);
    expect(lastedMs).toBeGreaterThan(25_000);
    expect(await warned(stream)).toEqual([]);
    expect(await figure(stream, 'key_frame_interval_seconds')).toBeCloseTo(1, 1);
    const label = 'condition="KeyFramesFrequent"';
    expect(await ofWorker('publisher_warnings_total', label)).toBe(1);
    await publisher.stop('SIGINT');
  });

  it.concurrent('warns of audio that is ahead, of gaps, and of time that goes back', async () => {
    const stream = 'live/odd';
    const skewMs = { audio: 0, all: 0 };
    const alter = ({ kind }: ClipTag, timestampMs: number): number =>
      timestampMs + skewMs.all + (kind === AUDIO ? skewMs.audio : 0);
    const target = { engine, host: '127.0.0.1', port: cluster.rtmpPort, app: 'live', name: 'odd' };
    const publisher = new TimedPublisher(target, await loadClip(CLIP_SMALL), alter);
    await publisher.live;
    await becomes(stream, { type: 'AudioVideoTogether', status: 'True' });
    expect(await warned(stream)).toEqual([]);

    skewMs.audio = 800;
    const apart = await becomes(stream, { type: 'AudioVideoTogether', status: 'False' });
    expect(apart.reason).toBe('AudioVideoApart');
    expect(apart.message).toMatch(/^audio is 0\.[789] s ahead of video/);
    expect(await warned(stream)).toEqual(['AudioVideoApart']);
    expect(await figure(stream, 'audio_ahead_seconds')).toBeGreaterThan(0.7);

    // Its audio goes back to where video is.
    skewMs.audio = 0;
    const back = await becomes(stream, { type: 'TimestampsRise', status: 'False' });
    expect(back.message).toMatch(/^timestamps went back, 1 times so far/);
    skewMs.all = 3_000;
    const jumped = await becomes(stream, { type: 'TimestampsContinuous', status: 'False' });
    expect(jumped.message).toMatch(/^timestamps jumped forward, \d times so far/);
    await becomes(stream, { type: 'AudioVideoTogether', status: 'True' }, WELL_AGAIN_MS);
    expect(await warned(stream)).toEqual(['TimestampsJump', 'TimestampsGoBack']);
    // One of each track.
    expect(await figure(stream, 'gaps_total')).toBe(2);
    expect(await figure(stream, 'steps_back_total')).toBe(1);
    expect(await ofWorker('publisher_gaps_total')).toBe(2);
    expect(await ofWorker('publisher_steps_back_total')).toBe(1);

    publisher.close();
    const healthy = publishEncoded(cluster.rtmpUrl(stream), OFTEN);
    for (const type of ['TimestampsRise', 'TimestampsContinuous'] as const) {
      await becomes(stream, { type, status: 'True' });
    }
    expect(await warned(stream)).toEqual([]);
    await healthy.stop('SIGINT');
  });
});
