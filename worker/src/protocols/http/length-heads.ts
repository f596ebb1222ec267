import { CORS_HEADERS, responseHead } from './response.ts';

/** When there are more all are forgotten. */
const MAX_KNOWN = 256;

/** Heads of answers that differ only in the length of their body: many get the same one. */
export class LengthHeads {
  private readonly status: number;
  private readonly headers: string;
  private readonly known = new Map<number, Buffer>();

  /** `headers` are whole lines, without Content-Length. */
  constructor(status: number, headers: string) {
    this.status = status;
    this.headers = headers;
  }

  bytes(length: number, closes: boolean): Buffer {
    if (closes) return this.make(length, closes);
    let head = this.known.get(length);
    if (head !== undefined) return head;
    head = this.make(length, closes);
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.set(length, head);
    return head;
  }

  private make(length: number, closes: boolean): Buffer {
    const lines = `${this.headers}Content-Length: ${length}\r\n${CORS_HEADERS}`;
    return Buffer.from(responseHead(this.status, lines, closes), 'latin1');
  }
}
