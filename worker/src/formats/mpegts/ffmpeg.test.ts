import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { emptyFrame, FrameKind } from '../../media/frame.ts';
import { parseH265Configuration } from '../../media/h265.ts';
import { createTsProgram, framePacketCount, writeFrame, writePsi } from './packetizer.ts';
import { flvToTs } from './testing/flv-to-ts.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sc-mpegts-'));
afterAll(() => rmSync(folder, { recursive: true }));

function ffmpeg(...args: string[]): string {
  const all = ['-v', 'error', '-nostdin', ...args];
  return execFileSync('ffmpeg', all, { maxBuffer: 2 ** 28, encoding: 'latin1' });
}

/** Hash and time of each decoded frame, times from the first one on. */
function decoded(file: string, stream: string): string[] {
  const lines = ffmpeg(
    '-copyts',
    '-i',
    file,
    '-map',
    stream,
    '-fps_mode',
    'passthrough',
    '-f',
    'framemd5',
    '-',
  )
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').map((field) => field.trim()));
  const first = Number(lines[0]?.[2]);
  return lines.map((fields) => `${Number(fields[2]) - first} ${fields.at(-1) ?? ''}`);
}

function adts(file: string): Buffer {
  return Buffer.from(ffmpeg('-i', file, '-map', '0:a', '-c', 'copy', '-f', 'adts', '-'), 'latin1');
}

const CASES: [string, string[]][] = [
  [
    'H.264 with B-frames and AAC',
    ['-c:v', 'libx264', '-bf', '3', '-x264-params', 'b-pyramid=normal', '-c:a', 'aac'],
  ],
  ['H.264 alone', ['-an', '-c:v', 'libx264', '-tune', 'zerolatency']],
  ['AAC alone, mono at 48 kHz', ['-vn', '-c:a', 'aac', '-ac', '1', '-ar', '48000']],
  ['MP3 alone', ['-vn', '-c:a', 'libmp3lame']],
];

describe('what ffmpeg decodes of our MPEG-TS', () => {
  it.each(CASES)('equals the source: %s', (_name, codecs) => {
    const flv = path.join(folder, 'source.flv');
    const ts = path.join(folder, 'ours.ts');
    const video = ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25'];
    const audio = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100'];
    ffmpeg(...video, ...audio, '-t', '3', '-g', '50', ...codecs, '-y', flv);
    writeFileSync(ts, flvToTs(readFileSync(flv), 100));
    if (!codecs.includes('-vn')) expect(decoded(ts, '0:v')).toEqual(decoded(flv, '0:v'));
    if (codecs.includes('aac')) expect(adts(ts)).toEqual(adts(flv));
    const problems = ffmpeg('-xerror', '-i', ts, '-f', 'null', '-');
    expect(problems).toBe('');
  });

  it('equals the source: HEVC', () => {
    const raw = path.join(folder, 'source.hevc');
    const ts = path.join(folder, 'hevc.ts');
    const encoder = ['-c:v', 'libx265', '-x265-params', 'log-level=none:keyint=25:bframes=0:aud=1'];
    ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25', '-t', '2', ...encoder, '-y', raw);
    writeFileSync(ts, hevcToTs(readFileSync(raw)));
    const hashes = (file: string): string[] =>
      decoded(file, '0:v').map((line) => line.split(' ')[1] ?? '');
    expect(hashes(ts)).toHaveLength(50);
    expect(hashes(ts)).toEqual(hashes(raw));
  });
});

/** Packetizes a raw HEVC stream with delimiters and without reordering. */
function hevcToTs(raw: Buffer): Buffer {
  const units = splitUnits(raw);
  const typeOf = (unit: Buffer): number => ((unit[0] ?? 0) >> 1) & 0x3f;
  const sets = [32, 33, 34].map(
    (type) => units.find((unit) => typeOf(unit) === type) ?? Buffer.alloc(0),
  );
  const header = Buffer.alloc(23);
  header.set([1, 1], 0);
  header.set([3, 3], 21);
  const arrays = sets.map((unit) =>
    Buffer.concat([Buffer.from([typeOf(unit), 0, 1]), prefixed(unit, 2)]),
  );
  const configuration = Buffer.concat([header, ...arrays]);
  const video = parseH265Configuration(configuration, 0, configuration.length);
  const program = createTsProgram({ video });
  const counters = { psi: 0, video: 0, audio: 0 };
  const out = [Buffer.alloc(376)];
  writePsi(program, counters, out[0] ?? configuration, 0);
  const frame = { ...emptyFrame(), kind: FrameKind.video, codec: 'h265' as const };
  let picture: Buffer[] = [];
  const flush = (): void => {
    if (picture.length === 0) return;
    frame.isKey = picture.some((unit) => typeOf(unit) >= 16 && typeOf(unit) <= 21);
    // The parameter sets have to come from the configuration.
    const slices = picture.filter((unit) => typeOf(unit) < 32);
    frame.body = Buffer.concat(slices.map((unit) => prefixed(unit, 4)));
    frame.bodyEnd = frame.body.length;
    const packets = Buffer.alloc(framePacketCount(frame, program) * 188);
    writeFrame(frame, (out.length - 1) * 40, program, counters, packets, 0);
    out.push(packets);
    picture = [];
  };
  for (const unit of units) {
    if (typeOf(unit) === 35) flush();
    else picture.push(unit);
  }
  flush();
  return Buffer.concat(out);
}

function prefixed(unit: Buffer, lengthBytes: number): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(unit.length, 0, lengthBytes);
  return Buffer.concat([length, unit]);
}

/** NAL units of an Annex B stream, without start codes and the zeros between. */
function splitUnits(raw: Buffer): Buffer[] {
  const code = Buffer.from([0, 0, 1]);
  const units: Buffer[] = [];
  let at = raw.indexOf(code) + code.length;
  while (at < raw.length) {
    const next = raw.indexOf(code, at);
    let end = next < 0 ? raw.length : next;
    while (raw[end - 1] === 0) end--;
    units.push(raw.subarray(at, end));
    at = next < 0 ? raw.length : next + code.length;
  }
  return units;
}
