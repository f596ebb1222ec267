import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasFfmpeg, jpegOf } from './ffmpeg.ts';
import { Thumbnails } from './thumbnails.ts';

const FLV = new URL('../../../../worker/src/formats/flv/testdata/h264-aac.flv', import.meta.url);

/** An encoder that the test lets finish. */
function heldEncoder(): { encode(flv: Buffer): Promise<Buffer>; finish(): void; most: number } {
  const running: (() => void)[] = [];
  let now = 0;
  const held = {
    most: 0,
    encode: (flv: Buffer): Promise<Buffer> => {
      now += 1;
      held.most = Math.max(held.most, now);
      return new Promise((resolve) =>
        running.push(() => {
          now -= 1;
          resolve(flv);
        }),
      );
    },
    finish: () => {
      for (const one of running.splice(0)) one();
    },
  };
  return held;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const picture = (text: string) => (): Promise<Buffer> => Promise.resolve(Buffer.from(text));

describe('thumbnails', () => {
  it('are made once in ten seconds, however many ask', async () => {
    let nowMs = 0;
    let made = 0;
    const encode = (flv: Buffer): Promise<Buffer> => {
      made += 1;
      return Promise.resolve(flv);
    };
    const thumbnails = new Thumbnails({ encode, nowMs: () => nowMs });
    await Promise.all([thumbnails.get('a', picture('1')), thumbnails.get('a', picture('2'))]);
    nowMs = 9_999;
    expect(String(await thumbnails.get('a', picture('3')))).toBe('1');
    nowMs = 10_000;
    expect(String(await thumbnails.get('a', picture('4')))).toBe('4');
    expect(made).toBe(2);
  });

  it('are made two at a time, with a bounded queue', async () => {
    const held = heldEncoder();
    const thumbnails = new Thumbnails({ encode: held.encode, nowMs: () => 0 });
    const asked = Array.from({ length: 66 }, (_, one) => thumbnails.get(String(one), picture('x')));
    await expect(thumbnails.get('more', picture('x'))).rejects.toMatchObject({ code: 'TOO_MANY' });
    const all = Promise.all(asked);
    for (let round = 0; round < 40; round += 1) {
      await turn();
      held.finish();
    }
    expect(await all).toHaveLength(66);
    expect(held.most).toBe(2);
  });

  it('that could not be made are tried again at once', async () => {
    const thumbnails = new Thumbnails({ encode: (flv) => Promise.resolve(flv), nowMs: () => 0 });
    const broken = (): Promise<Buffer> => Promise.reject(new Error('worker is gone'));
    await expect(thumbnails.get('a', broken)).rejects.toThrow('gone');
    expect(String(await thumbnails.get('a', picture('1')))).toBe('1');
  });

  it(
    'are JPEG of what publishers sent; of garbage there is none',
    { skip: !hasFfmpeg() },
    async () => {
      const jpeg = await jpegOf(readFileSync(FLV));
      expect(jpeg?.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
      expect(await jpegOf(Buffer.from('no picture'))).toBeUndefined();
    },
  );
});
