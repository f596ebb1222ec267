const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** What happened, line by line, and one number for all of it. */
export class Trace {
  private readonly print: ((line: string) => void) | undefined;
  private state = FNV_OFFSET;

  constructor(print?: (line: string) => void) {
    this.print = print;
  }

  /** The same for the same lines (FNV-1a). */
  get hash(): string {
    return this.state.toString(16).padStart(8, '0');
  }

  add(atMs: number, text: string): void {
    const line = `${(atMs / 1_000).toFixed(3).padStart(8)} ${text}`;
    this.mix(line);
    this.print?.(line);
  }

  /** Counts for the hash; nobody wants to read it. */
  mix(text: string): void {
    let { state } = this;
    for (let at = 0; at < text.length; at += 1) {
      state = Math.imul(state ^ text.charCodeAt(at), FNV_PRIME);
    }
    this.state = state >>> 0;
  }
}
