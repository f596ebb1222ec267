import type { Clip } from './clip.ts';
import { ContentCheck } from './content-check.ts';
import { ReadingViewer } from './reading-viewer.ts';
import type { HttpTarget } from './viewer.ts';

/** As many as a browser follows (WHATWG Fetch 4.4 says 20; more than two are a fault of ours). */
const MAX_REDIRECTS = 5;

/** An HTTP-FLV viewer that goes where it is sent, and compares every tag with the clip. */
export class CheckedViewer {
  redirects = 0;
  /** The server closed the connection that it was served on, or refused. */
  isCut = false;
  private readonly check: ContentCheck;
  private reader: ReadingViewer;
  private hasLeft = false;
  private fault: string | undefined = undefined;

  constructor(target: HttpTarget, clip: Clip) {
    this.check = new ContentCheck(clip);
    this.reader = this.open(target);
  }

  get tags(): number {
    return this.check.tags;
  }

  get error(): string | undefined {
    return this.fault ?? this.reader.error ?? this.check.error;
  }

  leave(): void {
    this.hasLeft = true;
    this.reader.connection.close();
  }

  private open(target: HttpTarget): ReadingViewer {
    const reader = new ReadingViewer(target, this.check);
    void reader.answered.then(() => this.answered(target, reader));
    void reader.closed.then((reason) => this.closed(reader, reason));
    return reader;
  }

  private answered(target: HttpTarget, { status, location, connection }: ReadingViewer): void {
    if (status === 200) return;
    if (status !== 302 || location === undefined || this.redirects === MAX_REDIRECTS) {
      this.fault ??= `was answered ${status} after ${this.redirects} redirects`;
      this.isCut = true;
      return;
    }
    this.redirects += 1;
    connection.close();
    if (this.hasLeft) return;
    const { hostname, port, pathname, search } = new URL(location);
    const next = { ...target, host: hostname, port: Number(port), path: pathname + search };
    this.reader = this.open(next);
  }

  private closed(reader: ReadingViewer, reason: string): void {
    if (reader !== this.reader || this.hasLeft) return;
    this.isCut = true;
    this.fault ??= `was closed: ${reason}`;
  }
}
