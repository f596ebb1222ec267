/** Of so many frames one is timed. Prime, so that no pattern of frames (sound
 * and picture in turn, a group of pictures) is always met at the same place. */
const STRIDE = 31;

/**
 * Estimates the time that writing frames into logs takes. Two looks at the clock
 * for every frame of every stream would cost as much as what they measure.
 */
export class PackageMeter {
  totalMs = 0;
  private left = STRIDE;

  /** Ask before each frame. True: this one is to be timed. */
  isDue(): boolean {
    this.left -= 1;
    if (this.left > 0) return false;
    this.left = STRIDE;
    return true;
  }

  /** The frame that was due took so long, and stands for those before it. */
  note(tookMs: number): void {
    this.totalMs += tookMs * STRIDE;
  }
}
