const WINDOW_MS = 1_000;
const SMOOTHING = 0.3;

/** Bit rate of a stream, measured in its own time: bursts do not show. */
export class Bitrate {
  bitsPerSecond = 0;
  private bytes = 0;
  private sinceMs = -1;

  add(bytes: number, dtsMs: number): void {
    if (this.sinceMs < 0) this.sinceMs = dtsMs;
    const elapsedMs = dtsMs - this.sinceMs;
    if (elapsedMs >= WINDOW_MS) {
      const rate = (this.bytes * 8_000) / elapsedMs;
      const isFirst = this.bitsPerSecond === 0;
      this.bitsPerSecond = isFirst
        ? rate
        : this.bitsPerSecond + (rate - this.bitsPerSecond) * SMOOTHING;
      this.bytes = 0;
      this.sinceMs = dtsMs;
    }
    this.bytes += bytes;
  }

  reset(): void {
    this.bitsPerSecond = 0;
    this.bytes = 0;
    this.sinceMs = -1;
  }
}
