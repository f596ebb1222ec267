import { isKeyPicture, ReadingViewer } from './reading-viewer.ts';
import type { HttpTarget } from './viewer.ts';

/** An HTTP-FLV viewer that notes when its first key frame is whole, and only counts from then on. */
export class StartingViewer {
  readonly viewer: ReadingViewer;
  /** From connect() on; -1: not yet. */
  tookMs = -1;

  constructor(target: HttpTarget) {
    const startedMs = performance.now();
    this.viewer = new ReadingViewer(target, {
      onTag: (kind, _timestampMs, buf, start) => {
        if (this.tookMs >= 0 || !isKeyPicture(kind, buf, start)) return;
        this.tookMs = performance.now() - startedMs;
        this.viewer.connection.discardInput(true);
      },
    });
  }
}
