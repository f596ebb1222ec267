import { describe, expect, it } from 'vitest';
import { TS_PACKET_BYTES } from '../formats/mpegts/packetizer.ts';
import { FrameKind } from '../media/frame.ts';
import { CONFIGURATIONS } from '../media/testing/configurations.ts';
import { avcConfig, frameOf, picture } from './testing/frames.ts';
import { memoryLog } from './testing/memory-log.ts';
import { meetPlayer } from './testing/players.ts';
import { Rig } from './testing/rig.ts';

function sequencesOf(playlist: string): number[] {
  return [...playlist.matchAll(/news\/(\d+)\.ts/g)].map(([, sequence]) => Number(sequence));
}

function started(toMs: number): { rig: Rig; source: ReturnType<Rig['stream']['publish']> } {
  const rig = new Rig();
  const source = rig.stream.publish();
  rig.play(source, { fromMs: 0, toMs });
  return { rig, source };
}

describe('HlsWindow', () => {
  it('makes TS only when it is asked for, and whole packets of it', () => {
    const { rig } = started(9_000);
    const { hls } = rig.stream;
    const playlist = hls.playlist()!;
    expect(rig.engine.openLogs()).toHaveLength(1);
    const sequences = sequencesOf(playlist);
    expect(sequences).toHaveLength(4);
    const span = hls.segment(sequences[0]!)!;
    expect(rig.engine.openLogs()).toHaveLength(2);
    expect(span.length % TS_PACKET_BYTES).toBe(0);
    const bytes = memoryLog(span.log).read(span.position, span.length);
    for (let at = 0; at < bytes.length; at += TS_PACKET_BYTES) expect(bytes[at]).toBe(0x47);
    const next = hls.segment(sequences[1]!)!;
    expect(next.position).toBe(span.position + span.length);
  });

  it('builds a playlist once a segment', () => {
    const { rig, source } = started(9_000);
    const { hls } = rig.stream;
    const first = hls.playlist();
    rig.play(source, { fromMs: 9_000, toMs: 9_900, gopMs: 4_000, withConfigs: false });
    expect(hls.playlist()).toBe(first);
    rig.play(source, { fromMs: 10_000, toMs: 10_040, withConfigs: false });
    expect(hls.playlist()).not.toBe(first);
  });

  it('takes an answer back with its playlist, and a few times a second', () => {
    const { rig, source } = started(9_000);
    const { hls } = rig.stream;
    const { standing } = hls;
    standing.set(Buffer.from('an answer'));
    rig.play(source, { fromMs: 9_000, toMs: 9_001, withConfigs: false });
    expect(standing.isSet).toBe(true);
    rig.play(source, { fromMs: 10_000, toMs: 10_001, withConfigs: false });
    expect(standing.isSet).toBe(false);
    standing.set(Buffer.from('the next one'));
    rig.clock.advance(250);
    expect(standing.isSet).toBe(false);
    expect(hls.standing).toBe(standing);
  });

  it('forgets TS that nobody asks for, and makes the same again', () => {
    const { rig, source } = started(9_000);
    const { hls } = rig.stream;
    meetPlayer(rig.stream, 'a');
    const sequence = sequencesOf(hls.playlist()!)[1]!;
    const read = (): Buffer => {
      const span = hls.segment(sequence)!;
      return memoryLog(span.log).read(span.position, span.length);
    };
    const before = read();
    rig.clock.advance(30_000);
    expect(rig.engine.openLogs()).toHaveLength(1);
    rig.play(source, { fromMs: 9_000, toMs: 11_000, withConfigs: false });
    expect(read()).toEqual(before);
  });

  it('wakes who waits for the playlist, and for the next segment', () => {
    const rig = new Rig();
    const source = rig.stream.publish();
    const { hls } = rig.stream;
    const seen: unknown[] = [];
    hls.waitForPlaylist((playlist) => seen.push(playlist));
    hls.waitForPlaylist(() => seen.push('cancelled'))();
    rig.play(source, { fromMs: 0, toMs: 1_900 });
    expect(seen).toEqual([]);
    rig.play(source, { fromMs: 2_000, toMs: 2_100, withConfigs: false });
    expect(seen).toEqual([hls.playlist()]);
    const open = sequencesOf(hls.playlist()!)[0]! + 1;
    const spans: (number | undefined)[] = [];
    expect(hls.segment(open)).toBeUndefined();
    hls.waitForSegment(open, (span) => spans.push(span?.length));
    hls.waitForSegment(open + 5, (span) => spans.push(span?.length));
    expect(spans).toEqual([undefined]);
    rig.play(source, { fromMs: 4_000, toMs: 4_100, withConfigs: false });
    expect(spans).toEqual([undefined, hls.segment(open)!.length]);
  });

  it('bounds who waits', () => {
    const rig = new Rig();
    rig.stream.publish();
    let refused = 0;
    for (let index = 0; index < 4_100; index += 1) {
      rig.stream.hls.waitForPlaylist(() => (refused += 1));
    }
    expect(refused).toBe(4);
  });

  it('says at the end that it ends, with the last piece, and stays a minute', () => {
    const { rig } = started(9_000);
    const { stream } = rig;
    const { hls } = stream;
    const before = sequencesOf(hls.playlist()!);
    const seen: unknown[] = [];
    hls.waitForSegment(before.at(-1)! + 1, (span) => seen.push(span?.length));
    stream.end();
    const playlist = hls.playlist()!;
    expect(playlist.endsWith('#EXT-X-ENDLIST\n')).toBe(true);
    expect(sequencesOf(playlist)).toEqual([...before, before.at(-1)! + 1]);
    expect(seen[0]).toBeGreaterThan(0);
    expect(hls.expects(before.at(-1)! + 2)).toBe(false);
    rig.clock.advance(50_000);
    expect(hls.segment(before[0]!)).toBeDefined();
  });

  it('says why there is none', () => {
    const rig = new Rig();
    const source = rig.stream.publish();
    expect(rig.stream.hls.unavailable()).toBeUndefined();
    const av1 = Buffer.concat([Buffer.from('9061763031'.padEnd(10, '0'), 'hex')]);
    av1.write('av01', 1, 'latin1');
    const body = Buffer.concat([av1.subarray(0, 5), CONFIGURATIONS.av1Main180]);
    source.append(frameOf(FrameKind.video, body, 0));
    expect(rig.stream.hls.unavailable()).toContain('av1');
    expect(rig.stream.hls.playlist()).toBeUndefined();
  });

  it('does not list a stream whose segments are missing here', () => {
    const { rig, source } = started(3_000);
    source.append(avcConfig());
    source.append(picture(3_000, true));
    const listed = sequencesOf(rig.stream.hls.playlist()!);
    expect(rig.stream.hls.segment(listed[0]! - 1)).toBeUndefined();
  });
});
