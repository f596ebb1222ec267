import type { Engine } from '@streamcluster/worker';
import type { Feed } from '../generator/feed.ts';
import { Publisher } from '../generator/publisher.ts';
import { sessionQuery } from '../generator/hls-source.ts';
import {
  CountingHttpViewer,
  CountingRtmpViewer,
  type CountingViewer,
} from '../generator/viewer.ts';

const APP = 'soak';
const STREAMS = 20;
const VIEWERS = 200;
const VIEWER_MIN_MS = 1000;
const VIEWER_SPREAD_MS = 19_000;
const PUBLISHER_CHANGE_MS = 3000;
/** One in so many viewers stops reading, one in so many asks for what is not there. */
const PAUSING = 10;
const MISTAKEN = 25;

export interface ChurnOptions {
  readonly engine: Engine;
  readonly host: string;
  readonly feed: Feed;
  readonly worker: { readonly rtmpPort: number; readonly httpPort: number };
}

/** Publishers and viewers of all kinds who come and go. */
export class Churn {
  published = 0;
  watched = 0;
  /** Viewers that were served. */
  served = 0;
  /** Publishers that the worker closed. */
  lost = 0;
  private readonly options: ChurnOptions;
  private readonly publishers: Publisher[] = [];
  private readonly viewers: { viewer: CountingViewer; untilMs: number }[] = [];
  private nextChangeMs = 0;

  constructor(options: ChurnOptions) {
    this.options = options;
  }

  step(nowMs: number): void {
    while (this.publishers.length < STREAMS) this.publish();
    if (nowMs >= this.nextChangeMs) this.changePublisher(nowMs);
    this.closeViewers(nowMs);
    while (this.viewers.length < VIEWERS) this.watch(nowMs);
  }

  async stop(): Promise<void> {
    for (const { viewer } of this.viewers) viewer.connection.close();
    for (const publisher of this.publishers) publisher.unpublish();
    await Promise.all(this.publishers.map((publisher) => publisher.closed));
  }

  private publish(): void {
    const { engine, host, feed, worker } = this.options;
    const target = { engine, host, port: worker.rtmpPort, app: APP, feed };
    this.publishers.push(new Publisher({ ...target, name: `s-${this.published++}` }));
  }

  /** The oldest goes, every second time without a word. */
  private changePublisher(nowMs: number): void {
    this.nextChangeMs = nowMs + PUBLISHER_CHANGE_MS;
    const oldest = this.publishers.shift();
    if (oldest?.isClosed === true) this.lost++;
    if (this.published % 2 === 0) oldest?.unpublish();
    else oldest?.drop();
    this.publish();
  }

  private closeViewers(nowMs: number): void {
    for (let i = this.viewers.length - 1; i >= 0; i--) {
      const one = this.viewers[i];
      if (one === undefined || (one.untilMs > nowMs && !one.viewer.isClosed)) continue;
      if (one.viewer.status > 0 && one.viewer.status < 400) this.served++;
      one.viewer.connection.close();
      this.viewers.splice(i, 1);
    }
  }

  private watch(nowMs: number): void {
    const number = this.watched++;
    const [first] = this.publishers;
    const publisher = this.publishers[Math.floor(Math.random() * STREAMS)] ?? first;
    const key = number % MISTAKEN === 0 ? `${APP}/nobody` : (publisher?.key ?? '');
    const viewer = this.open(number, key);
    if (number % PAUSING === 0) viewer.connection.pauseReads(true);
    const untilMs = nowMs + VIEWER_MIN_MS + Math.random() * VIEWER_SPREAD_MS;
    this.viewers.push({ viewer, untilMs });
  }

  /** FLV, WebSocket, HLS and RTMP in turn. */
  private open(number: number, key: string): CountingHttpViewer | CountingRtmpViewer {
    const { engine, host, worker } = this.options;
    const at = { engine, host, port: worker.httpPort };
    const name = key.slice(APP.length + 1);
    switch (number % 4) {
      case 0:
        return new CountingHttpViewer({ ...at, path: `/${key}.m3u8${playerOf(number)}` });
      case 1:
        return new CountingHttpViewer({ ...at, path: `/${key}.flv`, webSocket: true });
      case 2:
        return new CountingRtmpViewer({ engine, host, port: worker.rtmpPort, app: APP, name });
      default:
        return new CountingHttpViewer({ ...at, path: `/${key}.flv` });
    }
  }
}

/** Some players were given an id before. */
function playerOf(number: number): string {
  return number % 8 === 0 ? '' : sessionQuery(`churn-${number % 10_000}`);
}
