import { responseHead } from './response.ts';

/**
 * A complete answer made once for many requests: in the usual case one write
 * of bytes that are there already.
 */
export class PreparedResponse {
  private readonly headers: string;
  private readonly body: Buffer;
  private readonly keepAlive: Buffer;
  private readonly headBytes: number;

  /** `headers` without Content-Length. */
  constructor(status: number, headers: string, body: Buffer) {
    this.headers = `${headers}Content-Length: ${body.length}\r\n`;
    this.body = body;
    const head = Buffer.from(responseHead(status, this.headers, false), 'latin1');
    this.headBytes = head.length;
    this.keepAlive = Buffer.concat([head, body]);
    this.status = status;
  }

  private readonly status: number;

  bytes(closes: boolean, isHead: boolean): Buffer {
    if (!closes) return isHead ? this.keepAlive.subarray(0, this.headBytes) : this.keepAlive;
    const head = Buffer.from(responseHead(this.status, this.headers, true), 'latin1');
    return isHead ? head : Buffer.concat([head, this.body]);
  }
}
