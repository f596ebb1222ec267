import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { relayHelloRecord } from '../formats/relay/writer.ts';
import { CONFIGURATIONS } from '../media/testing/configurations.ts';
import { ManualClock } from './clock.ts';
import { FLV_CLOCK_PERIOD_MS } from './flv-clock.ts';
import { parseContinuation } from './continuation.ts';
import { RelayFeed } from './relay-feed.ts';
import type { RelaySource } from './relay-source.ts';
import { avcConfig } from './testing/frames.ts';
import { memoryLog } from './testing/memory-log.ts';
import { Rig, type Watch } from './testing/rig.ts';

/** A worker that follows another one, over a relay that the test pumps. */
class Follower {
  readonly rig: Rig;
  readonly source: RelaySource;
  private watch: Watch;
  private feed: RelayFeed;

  constructor(upstream: Rig, rig = new Rig({ clock: upstream.clock }), from?: number) {
    this.rig = rig;
    this.source = rig.stream.follow();
    this.watch = upstream.view('relay', from ?? this.source.nextSequence);
    this.feed = new RelayFeed(this.source);
  }

  /** pieceBytes: how the bytes are cut on the way. */
  pump(pieceBytes = 1_000): string | undefined {
    this.watch.connection.pump();
    const bytes = this.watch.connection.take();
    let error: string | undefined;
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      error = this.feed.push(bytes, at, Math.min(bytes.length, at + pieceBytes));
    }
    return error;
  }

  /** Another connection for the same source. */
  redial(upstream: Rig): void {
    this.watch.connection.close();
    this.watch = upstream.view('relay', this.source.nextSequence);
    this.feed = new RelayFeed(this.source);
  }

  /** Takes the hello, and no frame yet. */
  greet(): void {
    const bytes = this.watch.connection.take();
    this.feed.push(bytes, 0, bytes.length);
  }

  close(): void {
    this.watch.connection.close();
    this.source.close('lost');
  }
}

/** Every segment of the playlist, by its address. */
function hlsOf(rig: Rig): { playlist: string; segments: Record<string, string> } {
  const { hls } = rig.stream;
  const playlist = hls.playlist() ?? '';
  const segments: Record<string, string> = {};
  for (const [, sequence] of playlist.matchAll(/news\/(\d+)\.ts/g)) {
    const span = hls.segment(Number(sequence));
    if (span === undefined) throw new Error(`no segment ${sequence}`);
    const bytes = memoryLog(span.log).read(span.position, span.length);
    segments[sequence!] = createHash('sha256').update(bytes).digest('hex');
  }
  return { playlist, segments };
}

describe('workers that follow', () => {
  it('make the same playlists and the same TS, whenever they joined', () => {
    const home = new Rig();
    const source = home.stream.publish();
    home.play(source, { fromMs: 0, toMs: 5_300 });
    const early = new Follower(home);
    early.pump(1);
    hlsOf(early.rig);
    for (let fromMs = 5_300; fromMs < 31_000; fromMs += 4_300) {
      const toMs = Math.min(31_000, fromMs + 4_300);
      home.play(source, { fromMs, toMs, gopMs: 2_200, withConfigs: false });
      early.pump(997);
    }
    source.append(avcConfig(CONFIGURATIONS.h264Baseline360));
    home.play(source, { fromMs: 31_000, toMs: 35_500, withConfigs: false });
    early.pump(997);
    const late = new Follower(home);
    late.pump();
    const chained = new Follower(late.rig);
    chained.pump();
    source.close('lost');
    const second = home.stream.publish();
    home.play(second, { fromMs: 700_000, toMs: 706_100 });
    early.pump();
    late.pump();
    chained.pump();
    const expected = hlsOf(home);
    expect(Object.keys(expected.segments)).toHaveLength(6);
    expect(expected.playlist.match(/EXT-X-DISCONTINUITY\n/g)).toHaveLength(2);
    for (const follower of [early, late, chained]) {
      expect(hlsOf(follower.rig)).toEqual(expected);
      expect(follower.source.duplicates).toBe(0);
      expect(follower.source.missedFrames).toBe(0);
      expect(follower.rig.stream.nextSequence).toBe(home.stream.nextSequence);
    }
    home.stream.end();
    for (const follower of [early, late, chained]) follower.pump();
    expect(hlsOf(home).playlist).toContain('#EXT-X-ENDLIST');
    expect(hlsOf(chained.rig)).toEqual(hlsOf(home));
    expect(hlsOf(early.rig)).toEqual(hlsOf(home));
    expect(early.rig.stream.state).toBe('ended');
  });

  it('start their viewers only when they caught up', () => {
    const home = new Rig();
    const source = home.stream.publish();
    home.play(source, { fromMs: 0, toMs: 9_000 });
    const rig = new Rig({ clock: home.clock });
    const follower = new Follower(home, rig);
    const watch = rig.view();
    expect(watch.start).toBeUndefined();
    expect(rig.stream.hls.playlist()).toBeUndefined();
    follower.pump();
    expect(watch.start?.[4]).toBe(5);
    expect(watch.tags()[2]!.timestampMs).toBe(8_000);
    expect(rig.stream.hls.playlist()).toBe(home.stream.hls.playlist());
  });

  it('have not caught up where their upstream was told of a new place', () => {
    const home = new Rig();
    const source = home.stream.publish();
    home.play(source, { fromMs: 0, toMs: 4_000 });
    new Follower(home).pump();
    home.stream.reachEpoch(5);
    home.play(source, { fromMs: 4_000, toMs: 8_100, withConfigs: false });
    const late = new Follower(home);
    const watch = late.rig.view();
    late.pump();
    expect(late.rig.stream.epoch).toBe(5);
    const { timestampMs } = watch.tags().find(({ kind, body }) => kind === 9 && body[1] === 1)!;
    expect(timestampMs).toBe(8_000);
  });

  it('go on at another upstream without a frame twice or missing', () => {
    const home = new Rig();
    const source = home.stream.publish();
    home.play(source, { fromMs: 0, toMs: 5_000 });
    const middle = new Follower(home);
    middle.pump();
    const rig = new Rig({ clock: home.clock });
    const first = new Follower(middle.rig, rig);
    first.pump();
    const watch = rig.view();
    watch.connection.pump();
    first.close();
    expect(rig.stream.state).toBe('waiting');
    home.play(source, { fromMs: 5_000, toMs: 8_000, gopMs: 1_000, withConfigs: false });
    const second = new Follower(home, rig);
    second.pump();
    expect(rig.stream.state).toBe('live');
    expect(rig.stream.nextSequence).toBe(home.stream.nextSequence);
    expect(second.source.missedFrames + second.source.duplicates).toBe(0);
    const times = watch
      .tags()
      .filter(({ kind }) => kind === 9)
      .map(({ timestampMs }) => timestampMs);
    expect(times.at(-1)).toBe(7_960);
    expect(watch.closed).toEqual([]);
  });

  it('hold HLS while they catch up once more', () => {
    const home = new Rig();
    const source = home.stream.publish();
    home.play(source, { fromMs: 0, toMs: 5_000 });
    const rig = new Rig({ clock: home.clock });
    const follower = new Follower(home, rig);
    follower.pump();
    home.play(source, { fromMs: 5_000, toMs: 9_500, withConfigs: false });
    follower.redial(home);
    follower.greet();
    expect(follower.source.isCaughtUp).toBe(false);
    const seen: unknown[] = [];
    rig.stream.hls.onChange();
    rig.stream.hls.waitForPlaylist((playlist) => seen.push(playlist));
    expect(seen).toEqual([]);
    follower.pump();
    expect(seen).toEqual([home.stream.hls.playlist()]);
  });

  it('hold a segment that is asked for before they caught up for the first time', () => {
    const home = new Rig();
    home.play(home.stream.publish(), { fromMs: 0, toMs: 9_500 });
    const sequence = Number(Object.keys(hlsOf(home).segments)[1]);
    const follower = new Follower(home);
    const seen: unknown[] = [];
    const ask = (wanted: number): void => {
      follower.rig.stream.hls.waitForSegment(wanted, (span) => seen.push(span?.length));
    };
    // Before and behind the hello: the playlist was another worker's.
    ask(sequence);
    follower.greet();
    ask(sequence);
    ask(sequence + 100);
    expect(seen).toEqual([]);
    follower.pump();
    const { length } = home.stream.hls.segment(sequence)!;
    expect(seen).toEqual([length, length, undefined]);
  });

  it('drop what they have, count what is gone for ever', () => {
    const home = new Rig();
    const source = home.stream.publish();
    home.play(source, { fromMs: 0, toMs: 3_000 });
    const rig = new Rig({ clock: home.clock });
    new Follower(home, rig).pump();
    const again = new Follower(home, rig, rig.stream.nextSequence - 10);
    again.pump();
    expect(again.source.duplicates).toBe(10);
    home.play(source, { fromMs: 3_000, toMs: 60_000, withConfigs: false });
    const late = new Follower(home, rig);
    late.pump();
    expect(late.source.missedFrames).toBeGreaterThan(1_000);
    expect(hlsOf(rig)).toEqual(hlsOf(home));
  });

  it.each([
    [20, 14_000],
    [90, 14_000],
    [700, 22_000],
  ])('show no segment that misses some of %d frames', (missing, toMs) => {
    const home = new Rig();
    const source = home.stream.publish();
    home.play(source, { fromMs: 0, toMs: 8_300, gopMs: 1_000 });
    const first = new Follower(home);
    first.pump();
    expect(hlsOf(first.rig)).toEqual(hlsOf(home));
    const from = home.stream.nextSequence + missing;
    home.play(source, { fromMs: 9_000, toMs, gopMs: 1_000, withConfigs: false });
    const again = new Follower(home, first.rig, from);
    again.pump();
    expect(again.source.missedFrames).toBe(missing);
    expect(hlsOf(home).segments).toMatchObject(hlsOf(again.rig).segments);
    home.play(source, { fromMs: toMs, toMs: toMs + 5_000, gopMs: 1_000, withConfigs: false });
    again.pump();
    const { segments } = hlsOf(again.rig);
    const expected = hlsOf(home).segments;
    expect(expected).toMatchObject(segments);
    expect(Object.keys(segments).at(-1)).toBe(Object.keys(expected).at(-1));
  });

  it.each(['a discontinuity', 'the end'])('show no gap that is here only, before %s', (what) => {
    const home = new Rig();
    const source = home.stream.publish();
    home.play(source, { fromMs: 0, toMs: 8_300 });
    const first = new Follower(home);
    first.pump();
    const from = home.stream.nextSequence + 20;
    home.play(source, { fromMs: 8_300, toMs: 9_500, withConfigs: false });
    const again = new Follower(home, first.rig, from);
    source.close('lost');
    if (what === 'the end') home.stream.end();
    else home.play(home.stream.publish(), { fromMs: 0, toMs: 5_000 });
    again.pump();
    expect(again.source.missedFrames).toBe(20);
    const { segments } = hlsOf(again.rig);
    expect(hlsOf(home).segments).toMatchObject(segments);
    expect(Object.keys(segments).length).toBeGreaterThan(0);
  });

  it('refuse another run of the same name', () => {
    const clock = new ManualClock();
    const home = new Rig({ clock });
    home.play(home.stream.publish(), { fromMs: 0, toMs: 3_000 });
    const rig = new Rig({ clock });
    new Follower(home, rig).pump();
    home.stream.end();
    home.play(home.reopen().publish(), { fromMs: 0, toMs: 1_000 });
    expect(new Follower(home, rig).pump()).toBe('other-incarnation');
  });

  it('hear a heartbeat while no frame comes, and of the state', () => {
    const home = new Rig();
    const source = home.stream.publish();
    home.play(source, { fromMs: 0, toMs: 3_000 });
    const watch = home.view('relay');
    watch.connection.pump();
    watch.connection.take();
    source.close('lost');
    home.clock.advance(3_100);
    watch.connection.pump();
    const text = watch.connection.take().toString('latin1');
    expect(text).toContain('"state":"waiting"');
    expect(text.split('\u0000\u0000\u0000\u0001\u0005')).toHaveLength(4);
  });

  it('that are not read any more are forgotten at once', () => {
    const home = new Rig();
    home.play(home.stream.publish(), { fromMs: 0, toMs: 3_000 });
    const follower = new Follower(home);
    follower.pump();
    follower.source.close('unread');
    home.clock.advance(300);
    expect(follower.rig.registry.list()).toEqual([]);
  });

  it('end by themselves when no upstream comes back within the grace', () => {
    const home = new Rig();
    home.play(home.stream.publish(), { fromMs: 0, toMs: 3_000 });
    const follower = new Follower(home);
    follower.pump();
    const { stream } = follower.rig;
    const watch = follower.rig.view();
    watch.connection.pump();
    follower.close();
    home.clock.advance(15_300);
    watch.connection.pump();
    expect(stream.state).toBe('ended');
    expect(watch.closed).toEqual(['ended']);
  });

  it('wait for a stream that knows itself', () => {
    const home = new Rig();
    const follower = new Follower(home);
    follower.pump();
    expect(follower.source.nextSequence).toBeUndefined();
    home.play(home.stream.publish(), { fromMs: 0, toMs: 3_000 });
    follower.pump();
    expect(follower.rig.stream.nextSequence).toBe(home.stream.nextSequence);
    expect(hlsOf(follower.rig).playlist).toContain('EXTINF');
  });
});

describe('a publisher that returns on another worker', () => {
  it('goes on with the numbers and the time, and with the window it followed', () => {
    const old = new Rig();
    old.play(old.stream.publish(), { fromMs: 0, toMs: 9_000 });
    const next = new Follower(old);
    next.pump();
    const home = new Follower(old);
    home.pump();
    next.close();
    home.close();
    const before = old.stream.continuation();
    const source = next.rig.stream.publish(parseContinuation(JSON.parse(JSON.stringify(before))));
    expect(next.rig.stream.nextSequence).toBe(before.nextSequence);
    const again = new Follower(next.rig, home.rig);
    next.rig.play(source, { fromMs: 0, toMs: 5_000 });
    again.pump();
    expect(again.source.missedFrames).toBe(0);
    expect(hlsOf(again.rig)).toEqual(hlsOf(next.rig));
    expect(hlsOf(next.rig).playlist.match(/EXT-X-DISCONTINUITY\n/g)).toHaveLength(1);
  });

  it('keeps what was shown where the worker before died, and lists what was lost as a gap', () => {
    const dead = new Rig();
    const lost = dead.stream.publish();
    dead.play(lost, { fromMs: 0, toMs: 9_000 });
    const next = new Follower(dead);
    next.pump();
    dead.play(lost, { fromMs: 9_000, toMs: 9_300, withConfigs: false });
    // It has some frames more.
    const other = new Follower(dead);
    other.pump();
    const shown = hlsOf(dead).segments;
    next.close();
    other.close();
    const { nextSequence, lastDtsMs, ...known } = next.rig.stream.continuation();
    const branches = [{ name: 'next 1', startDtsMs: lastDtsMs + 500 }];
    const behind = {
      ...{ ...known, branches },
      ...{ nextSequence: nextSequence + 1_000, lastDtsMs: lastDtsMs + 500 },
    };
    const source = next.rig.stream.publish(behind);
    const again = new Follower(next.rig, other.rig);
    next.rig.play(source, { fromMs: 0, toMs: 3_000 });
    again.pump();
    const late = new Follower(next.rig);
    late.pump();
    expect(again.source.missedFrames).toBeGreaterThan(900);
    const { playlist, segments } = hlsOf(next.rig);
    expect(playlist.match(/EXT-X-GAP\n(.*\n){2}.*\n#EXT-X-DISCONTINUITY\n/g)).toHaveLength(1);
    expect(segments).toMatchObject(shown);
    const numbers = Object.keys(segments).map(Number);
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i));
    for (const follower of [again, late]) {
      expect(hlsOf(follower.rig)).toEqual({ playlist, segments });
    }
  });

  it('lists as a gap, too, what only some workers had seen the beginning of', () => {
    const dead = new Rig();
    const lost = dead.stream.publish();
    dead.play(lost, { fromMs: 0, toMs: 9_990 });
    const next = new Follower(dead);
    next.pump();
    dead.play(lost, { fromMs: 9_990, toMs: 10_200, withConfigs: false });
    // A segment began that the other one does not know of.
    const other = new Follower(dead);
    other.pump();
    next.close();
    other.close();
    const { nextSequence, lastDtsMs, ...known } = next.rig.stream.continuation();
    const branches = [{ name: 'next 1', startDtsMs: lastDtsMs + 500 }];
    const behind = { nextSequence: nextSequence + 1_000, lastDtsMs: lastDtsMs + 500, branches };
    const source = next.rig.stream.publish({ ...known, ...behind });
    const again = new Follower(next.rig, other.rig);
    next.rig.play(source, { fromMs: 0, toMs: 3_000 });
    again.pump();
    const late = new Follower(again.rig);
    late.pump();
    const shown = hlsOf(next.rig);
    expect(shown.playlist.match(/EXT-X-GAP\n/g)).toHaveLength(1);
    const seconds = [...shown.playlist.matchAll(/EXTINF:(.*),/g)].map(([, text]) => Number(text));
    expect(seconds.map(Math.round).filter((rounded) => rounded > 2)).toEqual([]);
    for (const { rig } of [again, late]) expect(hlsOf(rig)).toEqual(shown);
  });

  it('starts the clock of FLV again before 2^31, everywhere at the same frame', () => {
    const home = new Rig();
    const lastDtsMs = FLV_CLOCK_PERIOD_MS - 9_000;
    const earlier = { ...home.stream.continuation(), incarnation: '1', nextSequence: 5, lastDtsMs };
    const source = home.stream.publish(earlier);
    home.play(source, { fromMs: 2 ** 32 - 3_000, toMs: 2 ** 32 + 1_000 });
    const follower = new Follower(home);
    follower.pump();
    const watch = follower.rig.view();
    home.play(source, { fromMs: 2 ** 32 + 1_000, toMs: 2 ** 32 + 9_000, withConfigs: false });
    follower.pump();
    expect(follower.rig.stream.continuation().lastDtsMs).toBe(home.stream.continuation().lastDtsMs);
    expect(home.stream.continuation().lastDtsMs).toBeGreaterThan(FLV_CLOCK_PERIOD_MS + 2_900);
    const times = watch.tags().map(({ timestampMs }) => timestampMs);
    expect(Math.max(...times)).toBeLessThan(FLV_CLOCK_PERIOD_MS);
    expect(times.at(-1)).toBeLessThan(3_100);
    expect(hlsOf(follower.rig)).toEqual(hlsOf(home));
  });

  it('gives no number of a segment again whose frames are all gone', () => {
    const rig = new Rig();
    const source = rig.stream.publish();
    rig.play(source, { fromMs: 0, toMs: 9_500, gopMs: 1_000 });
    const { nextMarkSequence } = rig.stream.continuation();
    rig.stream.keepAtMost(0);
    source.close('lost');
    rig.play(rig.stream.publish(), { fromMs: 0, toMs: 5_000 });
    expect(rig.stream.hls.playlist()).toContain(`MEDIA-SEQUENCE:${nextMarkSequence}\n`);
    expect(rig.stream.hls.playlist()).toContain('DISCONTINUITY-SEQUENCE:0\n');
  });

  it('needs no window to go on: numbers and time are in the continuation', () => {
    const old = new Rig();
    old.play(old.stream.publish(), { fromMs: 0, toMs: 9_000 });
    const before = old.stream.continuation();
    const rig = new Rig({ clock: old.clock });
    rig.play(rig.stream.publish(before), { fromMs: 40_000, toMs: 45_000 });
    const after = rig.stream.continuation();
    expect(after.incarnation).toBe(before.incarnation);
    expect(after.nextSequence).toBeGreaterThan(before.nextSequence);
    expect(after.lastDtsMs).toBeGreaterThan(13_900);
    expect(after.discontinuitySequence).toBe(1);
    expect(rig.stream.hls.playlist()).toContain(`MEDIA-SEQUENCE:${before.nextMarkSequence}\n`);
  });
});

it('a hello for another stream is refused', () => {
  const rig = new Rig();
  const source = rig.stream.follow();
  const feed = new RelayFeed(source);
  const hello = relayHelloRecord({
    stream: 'live/other',
    epoch: 1,
    incarnation: '1',
    startedUnixMs: 1,
    branches: [],
    state: 'live',
    headSequence: 0,
    fromSequence: 0,
    nearDtsMs: 0,
    tracks: [],
  });
  expect(feed.push(hello, 0, hello.length)).toBe('other-incarnation');
});
