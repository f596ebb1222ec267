import { describe, expect, it, vi } from 'vitest';
import type { Clip } from './clip.ts';
import { LatencyProbe } from './latency-probe.ts';

const tag = (text: string, isKey = false) => ({
  kind: 9,
  timestampMs: 0,
  body: Buffer.from(text),
  isKey,
});
const clip: Clip = {
  durationMs: 1000,
  head: [],
  tags: [tag('\x17\x01k', true), tag('\x27\x01aa'), tag('\x27\x01bbb')],
  bitsPerSecond: 0,
  file: '',
};

describe('LatencyProbe', () => {
  const read = (probe: LatencyProbe, text: string) => {
    const body = Buffer.from(text);
    probe.onTag(9, 0, body, 0, body.length);
  };

  it('starts at the newest message of that content and counts on over the seam', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    // Two rounds of the clip, and its first message a third time.
    const writtenMs = [0, 1, 2, 3, 4, 5, 6];
    const probe = new LatencyProbe({ clip, writtenMs });
    read(probe, '\x17\x00configuration');
    expect(probe.isStarted).toBe(false);
    probe.begin();
    now.mockReturnValue(16);
    read(probe, '\x27\x01aa');
    read(probe, '\x27\x01bbb');
    read(probe, '\x17\x01k');
    expect(probe.latenciesMs).toEqual([12, 11, 10]);
    expect(probe.error).toBeUndefined();
    now.mockRestore();
  });

  it('leaves out what was written before, and sees a message that is missing', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(4);
    const probe = new LatencyProbe({ clip, writtenMs: [1, 2, 3, 5] });
    probe.begin();
    read(probe, '\x27\x01aa');
    expect(probe.latenciesMs).toEqual([]);
    read(probe, '\x17\x01k');
    expect(probe.error).toBe('message 2 is another one');
    now.mockRestore();
  });
});
