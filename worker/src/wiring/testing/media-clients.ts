import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { FlvReader } from '../../formats/flv/reader.ts';

/** A few seconds of H.264 and AAC with a key frame every second. */
export function makeClip(file: string): void {
  const picture = 'testsrc=size=160x90:rate=25';
  const args = ['-loglevel', 'error', '-y', '-f', 'lavfi', '-i', picture, '-f', 'lavfi'];
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p'];
  execFileSync('ffmpeg', [...args, '-i', 'sine', '-t', '20', ...codecs, '-c:a', 'aac', file]);
}

/** ffmpeg, publishing a file in real time. */
export class FfmpegPublisher {
  private readonly child: ChildProcess;

  constructor(file: string, url: string) {
    const args = ['-loglevel', 'error', '-re', '-i', file, '-c', 'copy', '-f', 'flv', url];
    this.child = spawn('ffmpeg', args, { stdio: 'ignore' });
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await exited;
  }
}

/** An HTTP-FLV viewer that keeps times only. */
export class FlvViewer {
  readonly videoTimesMs: number[] = [];
  status = 0;
  hasEnded = false;
  private readonly abort = new AbortController();

  constructor(url: string) {
    void this.run(url);
  }

  close(): void {
    this.abort.abort();
  }

  private async run(url: string): Promise<void> {
    const reader = new FlvReader({
      onTag: (kind, timestampMs) => {
        if (kind === 9) this.videoTimesMs.push(timestampMs);
      },
    });
    try {
      const response = await fetch(url, { signal: this.abort.signal });
      this.status = response.status;
      for await (const chunk of response.body ?? []) {
        const bytes = Buffer.from(chunk as Uint8Array);
        if (reader.push(bytes, 0, bytes.length) !== undefined) break;
      }
    } catch {
      // The connection broke: it has ended.
    }
    this.hasEnded = true;
  }
}
