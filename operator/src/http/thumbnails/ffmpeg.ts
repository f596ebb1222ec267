import { spawn } from 'node:child_process';
import { accessSync, constants as fsConstants } from 'node:fs';
import { constants, setPriority } from 'node:os';
import path from 'node:path';

const PATIENCE_MS = 5_000;
const MAX_JPEG_BYTES = 512 * 1_024;
/** Of both sides: of a picture of 16 x 16,384, as wide as others, ffmpeg needs 280 MB. */
const MAX_SIDE = 320;
const SCALE = `scale=${MAX_SIDE}:${MAX_SIDE}:force_original_aspect_ratio=decrease:force_divisible_by=2`;
/** Of 4K with room; what is larger would take memory that the operator does not have. */
const MAX_PIXELS = 4_096 * 2_304;

const ARGS = [
  ...['-hide_banner', '-loglevel', 'error', '-nostdin'],
  // Publishers wrote these bytes: nothing but the pipe may be opened for them.
  ...['-protocol_whitelist', 'pipe', '-threads', '1', '-max_pixels', String(MAX_PIXELS)],
  ...['-f', 'flv', '-i', 'pipe:0', '-an', '-frames:v', '1'],
  ...['-vf', SCALE, '-q:v', '6', '-f', 'mjpeg', 'pipe:1'],
];

/** Whether there is one on the PATH. */
export function hasFfmpeg(): boolean {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.some((folder) => isProgram(path.join(folder, 'ffmpeg')));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, fsConstants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** One picture of FLV as JPEG. Undefined: ffmpeg could not, or not in time. */
export function jpegOf(flv: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const child = spawn('ffmpeg', ARGS, { stdio: ['pipe', 'pipe', 'ignore'] });
    yieldTo(child.pid);
    const parts: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    child.stdout.on('data', (part: Buffer) => {
      bytes += part.length;
      parts.push(part);
      if (bytes > MAX_JPEG_BYTES) child.kill('SIGKILL');
    });
    // It may have had enough before it took all.
    child.stdin.on('error', () => undefined);
    child.on('error', () => undefined);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code === 0 && bytes > 0 ? Buffer.concat(parts) : undefined);
    });
    child.stdin.end(flv);
  });
}

/** Thumbnails come after everything else on the machine. */
function yieldTo(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already.
  }
}
