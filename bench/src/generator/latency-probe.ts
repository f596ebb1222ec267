import type { FlvSink } from '@streamcluster/worker';
import type { TimedPublisher } from './timed-publisher.ts';

const DATA = 18;

/** Where a viewer is in what was published: finds the message a tag was, by content. */
export class LatencyProbe implements FlvSink {
  /** From the publisher's write to this read, of messages written since begin(). */
  readonly latenciesMs: number[] = [];
  error: string | undefined = undefined;
  private readonly publisher: Pick<TimedPublisher, 'clip' | 'writtenMs'>;
  private next = -1;
  private fromMs = Infinity;

  constructor(publisher: Pick<TimedPublisher, 'clip' | 'writtenMs'>) {
    this.publisher = publisher;
  }

  get isStarted(): boolean {
    return this.next >= 0;
  }

  /** Forgets what was measured; what was written earlier does not count. */
  begin(): void {
    this.latenciesMs.length = 0;
    this.fromMs = performance.now();
  }

  // eslint-disable-next-line max-params -- As the reader calls it.
  onTag(kind: number, _timestampMs: number, buf: Buffer, start: number, end: number): void {
    if (kind === DATA || buf[start + 1] === 0) return;
    const { clip, writtenMs } = this.publisher;
    if (this.next < 0) this.next = newest(writtenMs.length, this.find(buf, start, end), clip.tags);
    if (this.next < 0) return;
    const tag = clip.tags[this.next % clip.tags.length];
    if (tag?.body.length !== end - start) this.error ??= `message ${this.next} is another one`;
    const written = writtenMs[this.next++] ?? Infinity;
    if (written >= this.fromMs) this.latenciesMs.push(performance.now() - written);
  }

  private find(buf: Buffer, start: number, end: number): number {
    const body = buf.subarray(start, end);
    return this.publisher.clip.tags.findIndex((tag) => tag.body.equals(body));
  }
}

/** Of the written messages that are the clip's number `index` the newest; -1: none. */
function newest(written: number, index: number, { length }: { length: number }): number {
  if (index < 0 || index >= written) return -1;
  return index + Math.floor((written - 1 - index) / length) * length;
}
