import { setTimeout as sleep } from 'node:timers/promises';
import type { Door } from './doors.ts';
import { parsePlaylist, playlistPath } from './playlist.ts';

const POLL_MS = 300;

/** What one worker told of a stream whose publisher, or ingest worker, went and came. */
export class HlsNumbers {
  /** Every segment that was listed was asked for, in order. */
  readonly numbers: number[] = [];
  /** Of these segments the playlist said that they begin something new. */
  readonly discontinuities: number[] = [];
  /** Answers that were no 200. */
  readonly refusals: string[] = [];
  private readonly door: Door;
  private readonly path: string;
  private readonly running: Promise<void>;
  private isOver = false;

  constructor(door: Door, stream: string) {
    this.door = door;
    this.path = playlistPath(stream, `numbers-${door.workerPid}`);
    this.running = this.run();
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.isOver) {
      const text = await this.get(this.path);
      if (text !== undefined) await this.segments(text.toString());
      await sleep(POLL_MS);
    }
  }

  private async segments(text: string): Promise<void> {
    for (const { uri, sequence, discontinuity } of parsePlaylist(text).segments) {
      if (sequence <= (this.numbers.at(-1) ?? -1)) continue;
      this.numbers.push(sequence);
      if (discontinuity) this.discontinuities.push(sequence);
      await this.get(new URL(uri, `http://host${this.path}`).pathname);
    }
  }

  private async get(path: string): Promise<Buffer | undefined> {
    const { status, body } = await this.door.get(path);
    if (status === 200) return body;
    this.refusals.push(`${path} answered ${status}`);
    return undefined;
  }
}
