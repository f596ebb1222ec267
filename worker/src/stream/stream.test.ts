import { describe, expect, it } from 'vitest';
import { FrameKind } from '../media/frame.ts';
import { CONFIGURATIONS } from '../media/testing/configurations.ts';
import { aacConfig, avcConfig, metadata, picture, show, sound } from './testing/frames.ts';
import { MemoryConnection } from './testing/memory-connection.ts';
import { meetPlayer } from './testing/players.ts';
import { Rig, tagsOf, type SeenTag, type Watch } from './testing/rig.ts';

function isKeyPicture(tag: SeenTag): boolean {
  return tag.kind === FrameKind.video && tag.body[0] === 0x17 && tag.body[1] === 1;
}

describe('start of a viewer', () => {
  it('is immediate, with configurations and the newest key frame', () => {
    const rig = new Rig();
    const source = rig.stream.publish();
    source.append(metadata());
    rig.play(source, { fromMs: 0, toMs: 5_000 });
    const watch = rig.view();
    expect(watch.start?.subarray(0, 5)).toEqual(Buffer.from([0x46, 0x4c, 0x56, 1, 5]));
    const tags = watch.tags();
    expect(tags.slice(0, 3).map(({ kind }) => kind)).toEqual([18, 9, 8]);
    // VLC waits at metadata that has a time.
    expect(tags.slice(0, 3).map(({ timestampMs }) => timestampMs)).toEqual([0, 4_000, 4_000]);
    expect(isKeyPicture(tags[3]!)).toBe(true);
    expect(tags[3]!.timestampMs).toBe(4_000);
    const rest = [...show({ fromMs: 4_000, toMs: 5_000 })];
    expect(tags.slice(3).map(({ body }) => body)).toEqual(rest.map(({ body }) => body));
  });

  it('waits for the second track, but not long', () => {
    const rig = new Rig();
    const watch = rig.view();
    const source = rig.stream.publish();
    rig.play(source, { fromMs: 0, toMs: 480, hasAudio: false });
    expect(watch.start).toBeUndefined();
    rig.play(source, { fromMs: 480, toMs: 560, hasAudio: false, withConfigs: false, gopMs: 7 });
    expect(watch.start?.[4]).toBe(1);
    expect(isKeyPicture(watch.tags()[1]!)).toBe(true);
  });

  it('by the clock when media stands still', () => {
    const rig = new Rig();
    const watch = rig.view();
    const source = rig.stream.publish();
    source.append(avcConfig());
    source.append(picture(0, true));
    rig.clock.advance(900);
    expect(watch.start).toBeUndefined();
    rig.clock.advance(400);
    expect(watch.start?.[4]).toBe(1);
  });

  it('waits for a key frame when video is known', () => {
    const rig = new Rig();
    const watch = rig.view();
    const source = rig.stream.publish();
    source.append(avcConfig());
    source.append(aacConfig());
    for (let atMs = 0; atMs < 2_000; atMs += 23) source.append(sound(atMs));
    source.append(picture(2_000, false));
    expect(watch.start).toBeUndefined();
    source.append(picture(2_040, true));
    expect(watch.start?.[4]).toBe(5);
    expect(watch.tags().map(({ kind }) => kind)).toEqual([9, 8, 9]);
  });

  it('takes sound alone for what it is', () => {
    const rig = new Rig();
    const source = rig.stream.publish();
    rig.play(source, { fromMs: 0, toMs: 3_000, hasVideo: false });
    const watch = rig.view();
    expect(watch.start?.[4]).toBe(4);
    expect(watch.tags()[1]!.timestampMs).toBeGreaterThanOrEqual(2_000);
  });

  it('is at sounds once no picture came for long, and goes back to key frames', () => {
    const rig = new Rig();
    const source = rig.stream.publish();
    rig.play(source, { fromMs: 0, toMs: 4_000 });
    rig.play(source, { fromMs: 4_000, toMs: 13_000, hasVideo: false, withConfigs: false });
    expect(rig.view().tags()[2]!.timestampMs).toBe(2_000);
    rig.play(source, { fromMs: 13_000, toMs: 60_000, hasVideo: false, withConfigs: false });
    expect(rig.view().tags()[2]!.timestampMs).toBeGreaterThan(58_000);
    rig.play(source, { fromMs: 60_000, toMs: 63_000, withConfigs: false });
    const tags = rig.view().tags();
    expect(isKeyPicture(tags[2]!)).toBe(true);
    expect(tags[2]!.timestampMs).toBe(62_000);
  });

  it('announces a late track to those who come later', () => {
    const rig = new Rig();
    const source = rig.stream.publish();
    rig.play(source, { fromMs: 0, toMs: 2_200, hasAudio: false });
    source.append(aacConfig());
    source.append(sound(2_200));
    const watch = rig.view();
    expect(watch.start?.[4]).toBe(5);
    expect(
      watch
        .tags()
        .slice(0, 2)
        .map(({ kind }) => kind),
    ).toEqual([9, 8]);
  });

  it.each(['rtmp', 'ws-flv'] as const)('re-packages for %s, once for all', (protocol) => {
    const rig = new Rig();
    const source = rig.stream.publish();
    rig.play(source, { fromMs: 0, toMs: 3_000 });
    expect(rig.engine.openLogs().map(({ framing }) => framing)).toEqual(['flv']);
    const early = rig.view(protocol);
    rig.play(source, { fromMs: 3_000, toMs: 3_400, gopMs: 7_000, withConfigs: false });
    early.connection.pump();
    const late = rig.view(protocol);
    late.connection.pump();
    expect(rig.engine.openLogs()).toHaveLength(2);
    expect(late.start!.length).toBeGreaterThan(0);
    // The second GOP of the first show starts at 2 s; 3 s began one more.
    expect(early.connection.take().subarray(early.start!.length).length).toBeGreaterThan(
      late.connection.take().subarray(late.start!.length).length,
    );
    early.connection.close();
    late.connection.close();
    rig.clock.advance(12_000);
    expect(rig.engine.openLogs().map(({ framing }) => framing)).toEqual(['flv']);
  });
});

describe('a publisher', () => {
  it('may not come twice', () => {
    const rig = new Rig();
    rig.stream.publish();
    expect(() => rig.stream.publish()).toThrow(expect.objectContaining({ code: 'STREAM_BUSY' }));
  });

  it('that returns within the grace goes on where time stood', () => {
    const rig = new Rig();
    const first = rig.stream.publish();
    rig.play(first, { fromMs: 50_000, toMs: 53_000 });
    const watch = rig.view();
    watch.connection.pump();
    first.close('lost');
    expect(rig.stream.state).toBe('waiting');
    rig.clock.advance(14_000);
    const second = rig.stream.publish();
    rig.play(second, { fromMs: 0, toMs: 3_000 });
    const tags = watch.tags();
    for (const kind of [8, 9]) {
      const times = tags.filter((tag) => tag.kind === kind).map(({ timestampMs }) => timestampMs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times.at(-1)).toBeGreaterThan(5_900);
      expect(times.at(-1)).toBeLessThan(6_100);
    }
    const configurations = tags.filter(({ kind, body }) => kind === 9 && body[1] === 0);
    expect(configurations).toHaveLength(2);
    expect(watch.closed).toEqual([]);
  });

  it('that stays away ends the stream; viewers get every byte first', () => {
    const rig = new Rig();
    const { stream } = rig;
    const source = stream.publish();
    rig.play(source, { fromMs: 0, toMs: 3_000 });
    const watch = rig.view();
    const pending: string[] = [];
    stream.onEnded(() => pending.push('ended'));
    source.close('unpublished');
    rig.clock.advance(9_000);
    watch.connection.pump(1);
    rig.clock.advance(5_700);
    expect(stream.state).toBe('waiting');
    rig.clock.advance(600);
    expect(stream.state).toBe('ended');
    expect(pending).toEqual(['ended']);
    expect(watch.closed).toEqual([]);
    expect(watch.tags().at(-1)!.timestampMs).toBeGreaterThanOrEqual(2_960);
    expect(watch.closed).toEqual(['ended']);
    expect(rig.registry.get(stream.name)).toBe(stream);
    rig.clock.advance(61_000);
    expect(rig.registry.get(stream.name)).toBeUndefined();
    expect(rig.engine.openLogs()).toEqual([]);
  });

  it('opens a new run under the same name after the end', () => {
    const rig = new Rig();
    const before = rig.stream;
    rig.play(before.publish(), { fromMs: 0, toMs: 1_000 });
    const lastSequence = before.nextSequence;
    before.end();
    expect(() => before.publish()).toThrow(expect.objectContaining({ code: 'STREAM_NOT_FOUND' }));
    rig.clock.advance(1);
    expect(rig.reopen()).not.toBe(before);
    rig.stream.publish();
    expect(rig.stream.nextSequence).toBeGreaterThan(lastSequence);
    expect(rig.stream.continuation().incarnation).not.toBe(before.continuation().incarnation);
  });

  it('does not show pictures in front of its first key frame', () => {
    const rig = new Rig();
    const source = rig.stream.publish();
    source.append(avcConfig());
    source.append(aacConfig());
    source.append(picture(0, false));
    source.append(picture(40, true));
    expect(
      rig
        .view()
        .tags()
        .filter(({ kind }) => kind === 9),
    ).toHaveLength(2);
  });
});

describe('a slow viewer', () => {
  function slowRig(): { rig: Rig; source: ReturnType<Rig['stream']['publish']> } {
    const rig = new Rig();
    const source = rig.stream.publish();
    rig.play(source, { fromMs: 0, toMs: 2_040 });
    return { rig, source };
  }

  it('jumps forward to the newest key frame, and its time goes on', () => {
    const { rig, source } = slowRig();
    const watch = rig.view();
    watch.connection.pump(1);
    expect(watch.connection.cursorTimestampMs).toBe(2_000);
    rig.play(source, { fromMs: 2_040, toMs: 12_040, gopMs: 2_000, withConfigs: false });
    watch.connection.pump(1);
    expect(watch.viewer.skips).toBe(1);
    const [move] = watch.connection.moves;
    const [key] = tagsOf(bytesAt(watch, move!.position), false);
    expect(isKeyPicture(key!)).toBe(true);
    expect(key!.timestampMs).toBe(10_040);
    // Time goes on 20 ms later with the oldest frame there, maybe a sound.
    const shownMs = key!.timestampMs - move!.skippedMs;
    expect(shownMs).toBeGreaterThanOrEqual(watch.connection.cursorTimestampMs + 20);
    expect(shownMs).toBeLessThanOrEqual(watch.connection.cursorTimestampMs + 60);
    expect(watch.viewer.skippedMs).toBe(move!.skippedMs);
    expect(move!.prefix).toHaveLength(0);
    expect(rig.registry.slowViewers.skipsTotal).toBe(1);
  });

  it('gets a changed configuration again', () => {
    const { rig, source } = slowRig();
    const watch = rig.view();
    watch.connection.pump(1);
    source.append(avcConfig(CONFIGURATIONS.h264Baseline360));
    rig.play(source, { fromMs: 2_040, toMs: 12_040, withConfigs: false });
    watch.connection.pump(1);
    const [move] = watch.connection.moves;
    const tags = tagsOf(move!.prefix, false);
    expect(tags.map(({ kind }) => kind)).toEqual([9, 8]);
    expect(tags[0]!.body.subarray(5)).toEqual(CONFIGURATIONS.h264Baseline360);
    expect(tags[0]!.timestampMs).toBe(10_040 - move!.skippedMs);
  });

  it('is not late while there is no key frame ahead of it', () => {
    const { rig, source } = slowRig();
    const watch = rig.view();
    watch.connection.pump(1);
    rig.play(source, { fromMs: 2_240, toMs: 12_040, gopMs: 60_000, withConfigs: false });
    // One key frame at 2,240 is all there is; it may move there only.
    watch.connection.pump(1);
    expect(watch.connection.moves.map(({ position }) => position)).toHaveLength(1);
    watch.connection.pump(1);
    watch.connection.pump(1);
    expect(watch.connection.moves).toHaveLength(1);
  });

  it('that takes nothing at all is closed', () => {
    const { rig, source } = slowRig();
    const watch = rig.view();
    const fast = rig.view();
    for (let atMs = 2_040; atMs < 16_040; atMs += 2_000) {
      rig.play(source, { fromMs: atMs, toMs: atMs + 2_000, withConfigs: false });
      fast.connection.pump();
    }
    expect(watch.closed).toEqual(['too-slow']);
    expect(fast.closed).toEqual([]);
    expect(rig.registry.slowViewers.closedTotal).toBe(1);
  });

  function bytesAt(watch: Watch, position: number): Buffer {
    const log = watch.connection.log!;
    return log.read(position, log.head - position);
  }
});

describe('memory', () => {
  it('keeps the window and no more', () => {
    const rig = new Rig();
    const source = rig.stream.publish();
    rig.play(source, { fromMs: 0, toMs: 30_000, pictureBytes: 8_000 });
    const kept = (): number =>
      rig.engine.openLogs().reduce((sum, log) => sum + log.head - log.tail, 0);
    const after30s = kept();
    rig.play(source, { fromMs: 30_000, toMs: 90_000, pictureBytes: 8_000, withConfigs: false });
    expect(kept()).toBeLessThan(after30s * 1.2);
    expect(kept()).toBeGreaterThan(12 * 25 * 8_000);
  });

  it('is bounded where no key frame comes', () => {
    const rig = new Rig();
    const source = rig.stream.publish();
    source.append(avcConfig());
    source.append(aacConfig());
    source.append(picture(0, true));
    for (let index = 1; index < 900; index += 1) source.append(picture(index * 40, false, 100_000));
    const [log] = rig.engine.openLogs();
    expect(log!.head - log!.tail).toBeLessThan(34 * 1024 * 1024);
    expect(rig.view().start).toBeDefined();
  });

  it('that is full costs frames up to the next key frame, not the worker', () => {
    const rig = new Rig({ arenaBytes: 1024 * 1024 });
    const source = rig.stream.publish();
    rig.play(source, { fromMs: 0, toMs: 20_000, pictureBytes: 8_000 });
    const watch = rig.view();
    const tags = watch.tags();
    expect(isKeyPicture(tags[2]!)).toBe(true);
    rig.play(source, { fromMs: 20_000, toMs: 24_000, pictureBytes: 60_000, withConfigs: false });
    expect(rig.registry.slowViewers.droppedFramesTotal).toBeGreaterThan(0);
    rig.play(source, { fromMs: 24_000, toMs: 26_000, pictureBytes: 800, withConfigs: false });
    expect(isKeyPicture(rig.view().tags()[2]!)).toBe(true);
  });
});

describe('readers', () => {
  it('are missed when they are gone for some seconds', () => {
    const rig = new Rig();
    const { stream } = rig;
    let unread = 0;
    stream.onUnread(() => (unread += 1));
    const source = stream.publish();
    rig.play(source, { fromMs: 0, toMs: 1_000 });
    const watch = rig.view();
    expect(stream.viewerCounts()).toMatchObject({ flv: 1, rtmp: 0, hls: 0 });
    rig.clock.advance(9_000);
    expect(unread).toBe(0);
    watch.connection.close();
    expect(watch.closed).toEqual(['connection']);
    rig.clock.advance(4_000);
    expect(unread).toBe(0);
    rig.clock.advance(3_000);
    expect(unread).toBe(1);
    meetPlayer(stream, 'a', true);
    rig.clock.advance(1_000);
    expect(stream.viewerCounts()).toMatchObject({ flv: 0, hls: 1 });
    rig.clock.advance(30_000);
    expect(unread).toBe(2);
  });

  it('over TLS are counted for themselves, too', () => {
    const rig = new Rig();
    const { stream } = rig;
    rig.play(stream.publish(), { fromMs: 0, toMs: 1_000 });
    const connection = new MemoryConnection();
    connection.isEncrypted = true;
    const onClosed = (): void => undefined;
    const viewer = stream.attach({ connection, protocol: 'rtmp', onClosed });
    rig.view('rtmp');
    expect(stream.viewerCounts()['rtmp']).toBe(2);
    expect(stream.encryptedViewerCounts()).toMatchObject({ rtmp: 1, flv: 0, hls: 0 });
    viewer.close('kicked');
    expect(stream.encryptedViewerCounts()['rtmp']).toBe(0);
  });

  it('give the protocol its handler back', () => {
    const rig = new Rig();
    const source = rig.stream.publish();
    rig.play(source, { fromMs: 0, toMs: 1_000 });
    const watch = rig.view();
    const wrapped = watch.connection.handler;
    watch.viewer.close('kicked');
    watch.viewer.close('kicked');
    expect(watch.closed).toEqual(['kicked']);
    expect(watch.connection.handler).not.toBe(wrapped);
    expect(watch.connection.cursorPosition).toBe(-1);
    expect(watch.connection.closed).toBe(false);
  });

  it('of a stream that nobody publishes keep it open', () => {
    const rig = new Rig();
    const { stream } = rig;
    const watch = rig.view();
    rig.clock.advance(60_000);
    expect(rig.registry.get(stream.name)).toBe(stream);
    watch.connection.close();
    rig.clock.advance(11_000);
    expect(rig.registry.get(stream.name)).toBeUndefined();
  });
});

it('measures the bit rate in media time', () => {
  const rig = new Rig();
  const source = rig.stream.publish();
  rig.play(source, { fromMs: 0, toMs: 5_000, pictureBytes: 10_000 });
  expect(rig.stream.bitsPerSecond).toBeGreaterThan(2_000_000);
  expect(rig.stream.bitsPerSecond).toBeLessThan(2_100_000);
  source.close('lost');
  expect(rig.stream.bitsPerSecond).toBe(0);
});
