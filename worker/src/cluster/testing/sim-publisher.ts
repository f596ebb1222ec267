import { aacConfig, avcConfig, picture } from '../../stream/testing/frames.ts';
import type { Clock } from '../../stream/clock.ts';
import type { Publication, RevokeReason } from '../stream-access.ts';

export interface SimPublisherOptions {
  readonly clock: Clock;
  /** A picture comes this often; every 25th is a key frame. */
  readonly frameMs: number;
}

/** A publisher that sends pictures for as long as it lives. */
export class SimPublisher {
  publication: Publication | undefined = undefined;
  readonly revoked: RevokeReason[] = [];
  isSending = true;
  private readonly options: SimPublisherOptions;
  private startMs = 0;
  private frames = 0;

  constructor(options: SimPublisherOptions) {
    this.options = options;
  }

  begin(): void {
    this.startMs = this.options.clock.nowMs();
    this.publication?.append(avcConfig());
    this.publication?.append(aacConfig());
    this.turn();
  }

  turn(): void {
    const { clock, frameMs } = this.options;
    const elapsedMs = clock.nowMs() - this.startMs;
    while (this.isSending && this.frames * frameMs <= elapsedMs) {
      this.publication?.append(picture(this.frames * frameMs, this.frames % 25 === 0));
      this.frames += 1;
    }
  }

  /** The connection broke. */
  lose(): void {
    this.isSending = false;
    this.publication?.close('lost');
  }
}
