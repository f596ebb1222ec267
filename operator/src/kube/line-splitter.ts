const NEWLINE = 0x0a;

/** Lines of a stream, whatever pieces it arrives in. */
export class LineSplitter {
  private readonly maxBytes: number;
  private pieces: Buffer[] = [];
  private pendingBytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** The lines that end in this piece; undefined once one is too long. */
  push(piece: Buffer): string[] | undefined {
    const lines: string[] = [];
    let start = 0;
    let end = piece.indexOf(NEWLINE);
    for (; end !== -1; end = piece.indexOf(NEWLINE, start)) {
      if (!this.keep(piece.subarray(start, end))) return undefined;
      lines.push(this.take());
      start = end + 1;
    }
    return this.keep(piece.subarray(start)) ? lines : undefined;
  }

  private keep(part: Buffer): boolean {
    this.pendingBytes += part.length;
    if (this.pendingBytes > this.maxBytes) return false;
    if (part.length > 0) this.pieces.push(part);
    return true;
  }

  private take(): string {
    const [only] = this.pieces;
    const isOne = this.pieces.length === 1 && only !== undefined;
    const line = (isOne ? only : Buffer.concat(this.pieces)).toString('utf8');
    this.pieces = [];
    this.pendingBytes = 0;
    return line;
  }
}
