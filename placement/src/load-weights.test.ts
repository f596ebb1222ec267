import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LOAD_WEIGHTS } from './load-weights.ts';

const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');
const { sendUs, sentByteNs, answerUs, segmentByteNs, tlsByteNs, messageUs } = LOAD_WEIGHTS;

/** The busy share of the named line of a case's table. */
function measured(key: string, server: string): number {
  const section = page.split(`\n## ${key}:`)[1]?.split('\n## ')[0] ?? '';
  const cell = new RegExp(`\\| ${server} +\\| ([\\d.]+) % `).exec(section)?.[1];
  return Number(cell) / 100;
}

/** A second's work of so many, each so many us. */
const busy = (count: number, us: number): number => (count * us) / 1e6;
const sent = (bytes: number, byteNs: number): number => (bytes * byteNs) / 1e3;
const SEGMENT_BYTES = 524_288;

describe('LOAD_WEIGHTS', () => {
  it.each([
    ['A-tick-100', 'ours', busy(1000, 10.08 * sendUs + sent(250_000, sentByteNs))],
    ['A-load-2000x7.5', 'ours', busy(2000, 10.05 * sendUs + sent(937_500, sentByteNs))],
    ['B', 'ours', busy(1000, 10.07 * sendUs + sent(250_000, sentByteNs))],
    ['D', 'ours', busy(20_000, answerUs)],
    ['E', 'ours', busy(1000, answerUs + sent(SEGMENT_BYTES, segmentByteNs))],
    ['F-flv', 'ours', busy(300, 10.43 * sendUs + sent(250_000, sentByteNs + tlsByteNs))],
    ['F-hls', 'ours', busy(150, answerUs + sent(SEGMENT_BYTES, segmentByteNs + tlsByteNs))],
    ['C', 'ours, adaptive', busy(30_618, messageUs)],
  ])('say of %s (%s) what was measured, within a third', (key, server, predicted) => {
    const share = measured(key, server);
    expect(share).toBeGreaterThan(0);
    expect(predicted / share).toBeGreaterThan(3 / 4);
    expect(predicted / share).toBeLessThan(4 / 3);
  });
});
