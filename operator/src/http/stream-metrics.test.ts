import { describe, expect, it } from 'vitest';
import type { StreamView } from '../fleet/stream-view.ts';
import { Pauses } from './pauses.ts';
import { MAX_STREAM_SERIES, renderStreamMetrics, type MeasuredStream } from './stream-metrics.ts';

describe('renderStreamMetrics', () => {
  const streamOf = (i: number): StreamView => ({
    ...{
      name: `live/${i}`,
      state: 'live',
      home: '',
      ingest: '',
      replicas: [],
      epoch: 1,
      publishedUnixMs: 1,
      nonce: 'n',
    },
    ...{ viewers: i, viewersByProtocol: {}, bitsPerSecond: 0, tracks: [], workers: [] },
    health: null,
    startedUnixMs: undefined,
  });
  const stream = (i: number, cluster = 'a'): MeasuredStream => ({
    ...{ namespace: 'default', cluster, stream: streamOf(i) },
  });

  it('gives streams of one name in two StreamClusters series of their own', async () => {
    const text = await renderStreamMetrics([stream(1, 'a'), stream(1, 'b')], new Pauses());
    const series = text.split('\n').filter((line) => /^streamcluster_stream_/.test(line));
    expect(series).toHaveLength(6);
    expect(new Set(series).size).toBe(6);
  });

  it('is bounded, those with most viewers first, and says what it left out', async () => {
    const streams = Array.from({ length: MAX_STREAM_SERIES + 7 }, (_, i) => stream(i));
    const text = await renderStreamMetrics(streams, new Pauses());
    expect(text).toContain('streamcluster_streams_not_shown 7\n');
    expect(text).toContain(`cluster="a",app="live",stream="${MAX_STREAM_SERIES + 6}"}`);
    expect(text).not.toContain('stream="6"');
  });

  it('writes quotes and new lines out', async () => {
    const odd = { ...stream(1), stream: { ...streamOf(1), name: 'live/a"b\\c\nd' } };
    const text = await renderStreamMetrics([odd], new Pauses());
    expect(text).toContain('app="live",stream="a\\"b\\\\c\\nd"} 1\n');
  });

  it('lets others have the loop wherever it has held it for long', async () => {
    let [asked, taken] = [0, 0];
    const pauses = {
      get areDue(): boolean {
        return ++asked % 100 === 0;
      },
      take: async () => {
        taken += 1;
        await Promise.resolve();
      },
    };
    const streams = Array.from({ length: 2_000 }, (_, i) => stream(i));
    const paused = await renderStreamMetrics(streams, pauses);
    // Found, labelled, and written for each of three series; and before they are sorted.
    expect(taken).toBe(5 * 20 + 1);
    expect(paused).toBe(await renderStreamMetrics(streams, new Pauses()));
  });
});
