/** One decoded picture: what it looks like and when it is shown. */
export interface DecodedFrame {
  readonly md5: string;
  readonly ptsMs: number;
}

/** Reads what `ffmpeg -f framemd5` writes, with one stream. Unfinished last lines are left out. */
export function decodedFrames(text: string): DecodedFrame[] {
  const base = /^#tb 0: (\d+)\/(\d+)$/m.exec(text);
  const tickMs = base === null ? 1 : (1000 * Number(base[1])) / Number(base[2]);
  const frames: DecodedFrame[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    if (line.startsWith('#')) continue;
    const [, , pts, , , md5] = line.split(',');
    if (pts === undefined || md5 === undefined) throw new Error(`not framemd5: ${line}`);
    frames.push({ md5: md5.trim(), ptsMs: Number(pts) * tickMs });
  }
  return frames;
}
