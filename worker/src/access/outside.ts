import { Agent } from 'undici';

/** Requests to servers that users name: bounded, kept alive, and without redirects. */
export interface Outside {
  /** Rejects when there is no 200, or the body is longer. */
  get(url: string, maxBytes: number, timeoutMs: number): Promise<Buffer>;
  /** The answer's status; of its body nothing is looked at. */
  post(request: OutsidePost): Promise<number>;
  close(): void;
}

export interface OutsidePost {
  readonly url: string;
  readonly body: string;
  /** Empty: none is sent. */
  readonly bearer: string;
  readonly timeoutMs: number;
}

/** To one server at a time; more wait. */
const CONNECTIONS = 64;
/** An answer's body is read so far, so that the connection can be used again. */
const IGNORED_BODY_BYTES = 16 * 1024;
const AGENT = 'streamcluster-worker';

/** On undici, which Node's fetch is, without what fetch adds. */
export class HttpOutside implements Outside {
  private readonly agent = new Agent({ connections: CONNECTIONS, pipelining: 1 });

  close(): void {
    void this.agent.destroy();
  }

  async get(url: string, maxBytes: number, timeoutMs: number): Promise<Buffer> {
    const { origin, pathname, search } = new URL(url);
    const { statusCode, body } = await this.agent.request({
      ...{ method: 'GET', origin, path: pathname + search },
      headers: { accept: 'application/json', 'user-agent': AGENT },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (statusCode !== 200) {
      await body.dump({ limit: IGNORED_BODY_BYTES });
      throw new Error(`status ${statusCode}`);
    }
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) throw new Error(`longer than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  async post({ url, body, bearer, timeoutMs }: OutsidePost): Promise<number> {
    const { origin, pathname, search } = new URL(url);
    const answer = await this.agent.request({
      ...{ method: 'POST', origin, path: pathname + search, body },
      headers: {
        ...{ 'content-type': 'application/json', 'user-agent': AGENT },
        ...(bearer !== '' && { authorization: `Bearer ${bearer}` }),
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    // What does not come in time, or is too long, costs the connection only.
    answer.body.dump({ limit: IGNORED_BODY_BYTES }).catch(() => undefined);
    return answer.statusCode;
  }
}
