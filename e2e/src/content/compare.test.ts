import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Recorder, type Recording } from '../clients/ffmpeg.ts';
import { run } from '../harness/child.ts';
import { scratchFolder } from '../harness/paths.ts';
import { compareAudio, compareTags, compareVideo } from './compare.ts';
import { fixture, GOP_FRAMES, mediaTags, type Fixture } from './fixture.ts';
import type { FlvTag } from './flv-tags.ts';

// These comparisons carry the proof of nearly every other test here, so they
// must notice what they are there to notice.
describe('comparison with the source', () => {
  const whole = { toTheEnd: true, atLeast: 1 };
  let source: Fixture;
  let received: Recording;
  let tags: FlvTag[];

  beforeAll(async () => {
    source = await fixture();
    const folder = scratchFolder('compare');
    const file = path.join(folder, 'copy.flv');
    await run('ffmpeg', ['-v', 'error', '-i', source.file, '-c', 'copy', '-f', 'flv', file]);
    received = await new Recorder(file, folder).finished(60_000);
    tags = mediaTags(fs.readFileSync(file));
    fs.rmSync(folder, { recursive: true });
  });

  it('accepts the same content in another container', () => {
    expect(compareVideo(source, received.video, whole)).toEqual({ first: 0, count: 500 });
    expect(compareAudio(source, received.audio, whole)).toEqual({ first: 0, count: 863 });
  });

  it('accepts a start at a later key frame only', () => {
    const { video } = received;
    expect(compareVideo(source, video.slice(GOP_FRAMES), whole).first).toBe(GOP_FRAMES);
    expect(() => compareVideo(source, video.slice(1), whole)).toThrow('not a key frame');
  });

  it('refuses a missing, a repeated and a foreign picture', () => {
    const { video } = received;
    const repeated = [...video.slice(0, 70), ...video.slice(69)];
    expect(() => compareVideo(source, video.toSpliced(70, 1), whole)).toThrow(
      'should be number 70',
    );
    expect(() => compareVideo(source, repeated, whole)).toThrow('is number 69');
    const foreign = video.with(3, { md5: 'x', ptsMs: 120 });
    expect(() => compareVideo(source, foreign, whole)).toThrow('none of the source');
    expect(() => compareVideo(source, [], whole)).toThrow('no picture');
  });

  it('refuses times that are off by more than a millisecond', () => {
    const late = received.video.map((one, i) => ({ ...one, ptsMs: one.ptsMs + (i > 9 ? 2 : 0) }));
    expect(() => compareVideo(source, late, whole)).toThrow('2.00 ms off');
  });

  it('compares tags likewise', () => {
    expect(compareTags(source, tags, whole).video).toEqual({ first: 0, count: 500 });
    const key = tags.findLastIndex((tag) => tag.isKey);
    expect(compareTags(source, tags.slice(key), whole).video.first).toBe(450);
    expect(() => compareTags(source, tags.toSpliced(400, 1), whole)).toThrow('should be number');
    expect(() => compareTags(source, tags.slice(key + 1), whole)).toThrow('key frame');
    const late = tags.map((tag, i) => ({
      ...tag,
      timestampMs: tag.timestampMs + (i > 90 ? 2 : 0),
    }));
    expect(() => compareTags(source, late, whole)).toThrow('2.00 ms off');
  });

  it('refuses an early end and a lost access unit', () => {
    const { video, audio } = received;
    expect(() => compareVideo(source, video.slice(0, -1), whole)).toThrow('end at 499 of 500');
    expect(() => compareAudio(source, audio.toSpliced(400, 1), whole)).toThrow('access unit 400');
    expect(() => compareAudio(source, audio, { toTheEnd: true, atLeast: 900 })).toThrow('fewer');
  });
});
