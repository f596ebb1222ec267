import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { jpegOf } from './ffmpeg.ts';

const run = promisify(execFile);
const SOF0 = 0xff_c0;

/** A key frame of one colour. */
async function flvOf(size: string): Promise<Buffer> {
  const source = ['-f', 'lavfi', '-i', `color=red:size=${size}:rate=1`, '-frames:v', '1'];
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
  const { stdout } = await run(
    'ffmpeg',
    ['-loglevel', 'error', '-nostdin', ...source, ...codec, '-f', 'flv', 'pipe:1'],
    { encoding: 'buffer' },
  );
  return stdout;
}

/** Width and height, from the JPEG's frame header. */
function sizeOf(jpeg: Buffer): [number, number] {
  for (let at = 2; at < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2)) {
    if (jpeg.readUInt16BE(at) === SOF0)
      return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5)];
  }
  throw new Error('no frame header');
}

describe('jpegOf', { timeout: 30_000 }, () => {
  it.each([
    ['640x360', [320, 180]],
    ['360x640', [180, 320]],
  ])('makes a small picture of %s', async (size, wanted) => {
    expect(sizeOf((await jpegOf(await flvOf(size)))!)).toEqual(wanted);
  });

  it.each(['16x16384', '8192x16'])('is not made to take much memory by %s', async (size) => {
    const [width, height] = sizeOf((await jpegOf(await flvOf(size)))!);
    expect(Math.max(width, height)).toBeLessThanOrEqual(320);
  });

  it('makes nothing of what is none', async () => {
    expect(await jpegOf(Buffer.from('FLV\u0001 and then something else'))).toBeUndefined();
  });
});
