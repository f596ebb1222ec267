import crypto from 'node:crypto';
import http from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsContinuity } from '../content/ts-continuity.ts';
import { holderOfConnection } from '../harness/procfs.ts';
import type { CheckedViewer, ViewTarget } from './checked-viewer.ts';
import { mediaPlaylistUrl, parsePlaylist } from './playlist.ts';
import { Received } from './received.ts';

const POLL_MS = 700;
const ANSWER_MS = 20_000;
/** Players begin so many segments before the end. */
const BEHIND = 3;

/** What was given out, whoever gave it: `stream/sequence` and its hash. */
const given = new Map<string, string>();
let players = 0;

/**
 * An HLS player: every segment in order, none missing, the packets of all of them
 * without a gap, and the same bytes as all other players of this process.
 */
export class CheckedHls implements CheckedViewer {
  readonly received = new Received();
  private readonly target: ViewTarget;
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  private readonly name = `checked-${process.pid}-${(players += 1)}`;
  private readonly continuity = new TsContinuity();
  private localPort = 0;
  private next: number | undefined = undefined;
  private isClosed = false;

  constructor(target: ViewTarget) {
    this.target = target;
    this.play().catch((error: unknown) => this.received.failed((error as Error).message));
  }

  workerPid(): number | undefined {
    const { cluster } = this.target;
    return holderOfConnection(cluster.httpPort, this.localPort, cluster.workerPids());
  }

  close(): void {
    this.isClosed = true;
    this.received.leave();
    this.agent.destroy();
  }

  private async play(): Promise<void> {
    const path = `/${this.target.stream}.m3u8`;
    const first = await this.get(path);
    const { pathname, search } = new URL(mediaPlaylistUrl(first.toString(), path));
    while (!this.isClosed) {
      const playlist = parsePlaylist((await this.get(pathname + search)).toString());
      if (playlist.ended) throw new Error('the playlist ended');
      const { segments, mediaSequence } = playlist;
      this.next ??= Math.max(mediaSequence, mediaSequence + segments.length - BEHIND);
      if (mediaSequence > this.next) throw new Error(`segment ${this.next} left the playlist`);
      for (const { uri, sequence, discontinuity } of segments) {
        if (sequence < this.next) continue;
        if (discontinuity) throw new Error(`discontinuity before segment ${sequence}`);
        await this.segment(uri, sequence);
      }
      await sleep(POLL_MS);
    }
  }

  private async segment(uri: string, sequence: number): Promise<void> {
    const { stream } = this.target;
    const { pathname, search } = new URL(uri, `http://host/${stream}.m3u8`);
    const body = await this.get(pathname + search);
    this.continuity.push(body);
    const hash = crypto.createHash('sha256').update(body).digest('hex');
    const key = `${this.target.cluster.httpPort}/${stream}/${sequence}`;
    const before = given.get(key) ?? hash;
    if (before !== hash) throw new Error(`segment ${sequence} has other bytes elsewhere`);
    given.set(key, hash);
    this.next = sequence + 1;
    this.received.note();
  }

  private async get(path: string): Promise<Buffer> {
    const { agent } = this;
    const request = http.get({
      ...{ host: '127.0.0.1', port: this.target.cluster.httpPort, path, agent },
      headers: { 'user-agent': this.name },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    this.localPort = response.socket.localPort ?? 0;
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    if (response.statusCode !== 200)
      throw new Error(`${path} answered ${response.statusCode ?? 0}`);
    return Buffer.concat(chunks);
  }
}
