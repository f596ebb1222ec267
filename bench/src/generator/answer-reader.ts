const HEAD_END = Buffer.from('\r\n\r\n');
const HEAD_MAX_BYTES = 8192;
const LENGTH = /\r\ncontent-length: *(\d+)/i;

export interface AnswerSink {
  /** Pieces of bodies, before their answer is whole. */
  onBody?(buf: Buffer, start: number, end: number): void;
  /** One whole answer; `bytes` with its head. */
  onAnswer(status: number, bytes: number): void;
  /** The rest cannot be read. */
  onBroken(reason: string): void;
}

/**
 * Counts HTTP answers with a Content-Length on one connection (RFC 9112, section
 * 6.3), without keeping their bodies.
 */
export class AnswerReader {
  private readonly sink: AnswerSink;
  /** Of a head that came in pieces. */
  private gathered: Buffer | undefined = undefined;
  private bodyLeft = 0;
  private status = 0;
  private bytes = 0;

  constructor(sink: AnswerSink) {
    this.sink = sink;
  }

  push(buf: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const next = this.bodyLeft > 0 ? this.readBody(buf, at, end) : this.readHead(buf, at, end);
      if (next === undefined) return;
      at = next;
    }
  }

  private readBody(buf: Buffer, at: number, end: number): number {
    const taken = Math.min(this.bodyLeft, end - at);
    this.sink.onBody?.(buf, at, at + taken);
    this.bodyLeft -= taken;
    this.bytes += taken;
    if (this.bodyLeft === 0) this.sink.onAnswer(this.status, this.bytes);
    return at + taken;
  }

  /** Returns where the body starts; undefined: there is no more to read here. */
  private readHead(buf: Buffer, at: number, end: number): number | undefined {
    const had = this.gathered?.length ?? 0;
    const head =
      this.gathered === undefined
        ? buf.subarray(at, end)
        : Buffer.concat([this.gathered, buf.subarray(at, end)]);
    const found = head.indexOf(HEAD_END);
    if (found < 0) {
      this.gather(head);
      return undefined;
    }
    this.gathered = undefined;
    const text = head.toString('latin1', 0, found);
    const length = LENGTH.exec(text)?.[1];
    if (length === undefined) {
      this.sink.onBroken(`answer without a length: ${text.slice(0, 100)}`);
      return undefined;
    }
    const headBytes = found + HEAD_END.length;
    this.status = Number(text.slice(9, 12));
    this.bytes = headBytes;
    this.bodyLeft = Number(length);
    if (this.bodyLeft === 0) this.sink.onAnswer(this.status, this.bytes);
    return at + headBytes - had;
  }

  private gather(head: Buffer): void {
    if (head.length > HEAD_MAX_BYTES) this.sink.onBroken('endless head');
    else this.gathered = Buffer.from(head);
  }
}
