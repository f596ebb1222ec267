import type { Connection } from '@streamcluster/worker';
import type { Clip, ClipTag } from './clip.ts';
import { ClipClock } from './clip-clock.ts';
import { headMessages, tagMessage } from './messages.ts';
import { RtmpClient, type RtmpRole, type RtmpTarget } from './rtmp-client.ts';
import { publishCommands } from './rtmp-commands.ts';

const STEP_MS = 2;

/** The timestamp that is sent instead; undefined: nothing is. */
export type Alter = (tag: ClipTag, timestampMs: number) => number | undefined;

/** A publisher that writes each message itself and notes when. */
export class TimedPublisher implements RtmpRole {
  readonly startedCode = 'NetStream.Publish.Start';
  readonly clip: Clip;
  /** When message n was written; it is the clip's number n modulo its length. */
  readonly writtenMs: number[] = [];
  private readonly client: RtmpClient;
  private readonly alter: Alter;
  private timer: NodeJS.Timeout | undefined = undefined;

  constructor(target: RtmpTarget, clip: Clip, alter: Alter = (_tag, timestampMs) => timestampMs) {
    this.clip = clip;
    this.alter = alter;
    this.client = new RtmpClient(target, this);
  }

  /** Resolves when the server took the stream. */
  get live(): Promise<void> {
    return this.client.started;
  }

  commands(name: string): Buffer {
    return publishCommands(name);
  }

  onStarted(connection: Connection): void {
    connection.write(headMessages(this.clip));
    const clock = new ClipClock(this.clip);
    this.timer = setInterval(() => {
      clock.advance((tag, timestampMs) => {
        this.writtenMs.push(performance.now());
        const sentMs = this.alter(tag, timestampMs);
        if (sentMs !== undefined) connection.write(tagMessage(tag, sentMs));
      });
    }, STEP_MS);
  }

  close(): void {
    clearInterval(this.timer);
    this.client.connection.close();
  }
}
