import { describe, expect, it } from 'vitest';
import { FlvReader } from '../formats/flv/reader.ts';
import { Rig } from './testing/rig.ts';

const GOP_MS = 1_000;

function publishing(seconds: number): Rig {
  const rig = new Rig();
  const source = rig.stream.publish();
  rig.play(source, { fromMs: 0, toMs: seconds * 1_000, gopMs: GOP_MS });
  return rig;
}

describe('the ring of a stream', () => {
  it('shows the writer, where each GOP begins, and the extents between tail and head', () => {
    const rig = publishing(5);
    const { logs, newestDtsMs, readersTotal } = rig.stream.ring();
    const [flv] = logs;
    expect(logs.map(({ kind }) => kind)).toEqual(['flv']);
    expect(newestDtsMs).toBeGreaterThan(4_900);
    expect(readersTotal).toBe(0);
    expect(flv?.starts.map(({ dtsMs }) => dtsMs)).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
    expect(flv?.starts[0]?.position).toBeGreaterThanOrEqual(flv!.tail);
    const used = flv?.extents.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
    expect(used).toBe(flv!.head - flv!.tail);
  });

  it('shows readers, the slowest first, with how far they are behind in bytes and time', () => {
    const rig = publishing(5);
    const source = rig.stream;
    const slow = rig.view('flv');
    const fast = rig.view('flv');
    expect(source.ring().readers).toHaveLength(2);
    // Both begin at the key frame of 4 s; one takes everything.
    fast.connection.pump();
    const { readers } = source.ring();
    expect(readers[0]).toMatchObject({ id: slow.viewer.id, protocol: 'flv', state: 'playing' });
    expect(readers[0]?.lagMs).toBeGreaterThan(900);
    expect(readers[0]?.lagMs).toBeLessThan(1_000);
    expect(readers[1]).toMatchObject({ id: fast.viewer.id, lagBytes: 0, lagMs: 0 });
  });

  it('names a reader by its session, and shows one that waits without a cursor', () => {
    const rig = new Rig();
    rig.stream.attach({
      ...{ connection: rig.view().connection, protocol: 'flv', sessionId: 'abc' },
      onClosed: () => undefined,
    });
    const waiting = rig.stream.ring().readers.find(({ id }) => id === 'abc');
    expect(waiting).toMatchObject({ state: 'pending', position: -1, lagBytes: 0, lagMs: 0 });
  });

  it('shows the 200 slowest of many', () => {
    const rig = publishing(2);
    for (let one = 0; one < 250; one += 1) rig.view('flv').connection.pump();
    const slow = rig.view('flv');
    const { readers, readersTotal } = rig.stream.ring();
    expect([readers.length, readersTotal]).toEqual([200, 251]);
    expect(readers[0]?.id).toBe(slow.viewer.id);
  });
});

describe('the newest picture of a stream', () => {
  it('is FLV with the configurations and one key frame', () => {
    const rig = publishing(5);
    const seen: { kind: number; timestampMs: number; first: number }[] = [];
    const reader = new FlvReader(
      {
        onTag: (kind, timestampMs, ...[buf, start]) =>
          seen.push({ kind, timestampMs, first: buf[start] ?? 0 }),
      },
      { fileHeader: true },
    );
    const picture = rig.stream.picture() ?? Buffer.alloc(0);
    expect(reader.push(picture, 0, picture.length)).toBeUndefined();
    const video = seen.filter(({ kind }) => kind === 9);
    // FLV E.4.3.1: frame type 1 in the upper bits is a key frame, codec 7 is AVC.
    expect(video.map(({ first, timestampMs }) => [first, timestampMs])).toEqual([
      [0x17, 4_000],
      [0x17, 4_000],
    ]);
  });

  it('is none without video, and none before the first frame', () => {
    const rig = new Rig();
    expect(rig.stream.picture()).toBeUndefined();
    rig.play(rig.stream.publish(), { fromMs: 0, toMs: 3_000, hasVideo: false });
    expect(rig.stream.picture()).toBeUndefined();
  });
});
