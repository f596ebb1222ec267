import type { ServerUnderTest } from '../server/server.ts';
import { requestHead } from './viewer.ts';
import { patiently } from './wait.ts';

const HOST = '127.0.0.1';
const LOOK_MS = 500;
const BEGIN_MS = 30_000;

const ID_CHARACTERS = 16;

/** Who has an id is served the media playlist at once. */
export function sessionQuery(player: string): string {
  return `?session=${player.padEnd(ID_CHARACTERS, '-')}`;
}

export interface HlsSourceOptions {
  readonly server: ServerUnderTest;
  readonly app: string;
  readonly name: string;
  readonly what: 'playlist' | 'segment';
}

/** Knows what to ask for: the playlist, or the newest segment of a live stream. */
export class HlsSource {
  fault: string | undefined = undefined;
  private readonly options: HlsSourceOptions;
  private timer: NodeJS.Timeout | undefined = undefined;
  private newest = '';
  private path = '';
  private readonly requests = new Map<number, Buffer>();

  constructor(options: HlsSourceOptions) {
    this.options = options;
  }

  /** Resolves when there is something to ask for: of our worker so many segments. */
  async begin(segments: number): Promise<void> {
    const { server, app, name, what } = this.options;
    const { paths, kind } = server;
    if (kind === 'worker') {
      await patiently('segments are there', BEGIN_MS, async () => {
        return (await this.segments()).length >= segments;
      });
    }
    if (kind === 'worker' && what === 'segment') {
      await this.look();
      this.timer = setInterval(() => void this.look(), LOOK_MS);
    } else {
      this.become(
        what === 'playlist' ? paths.playlist?.(app, name) : paths.segment?.(app, name, 0),
      );
    }
  }

  /** The next request of a client, whole. Players of our worker ask for the playlist by
   * the address that they were given, with an id of their own. */
  request(client: number): Buffer {
    const made = this.requests.get(client);
    if (made !== undefined) return made;
    const { server, what } = this.options;
    const { http = 0 } = server.ports;
    const isNamed = server.kind === 'worker' && what === 'playlist';
    const path = isNamed ? this.path + sessionQuery(`player-${client}`) : this.path;
    const request = requestHead({ host: HOST, port: http, path, agent: `player/${client}` });
    this.requests.set(client, request);
    return request;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    try {
      const newest = (await this.segments()).at(-1);
      if (newest === undefined) throw new Error('the playlist has no segment any more');
      if (newest === this.newest) return;
      this.newest = newest;
      this.become(newest);
    } catch (error) {
      this.fault ??= String(error);
    }
  }

  /** Paths of the playlist's segments; none while there is no playlist. */
  private async segments(): Promise<string[]> {
    const { server, app, name } = this.options;
    const path = server.paths.playlist?.(app, name) ?? '';
    const base = `http://${HOST}:${server.ports.http ?? 0}${path}${sessionQuery('source')}`;
    const response = await fetch(base);
    const text = await response.text();
    if (!response.ok) return [];
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return lines.map((line) => {
      const url = new URL(line, base);
      return url.pathname + url.search;
    });
  }

  private become(path: string | undefined): void {
    const { server, what } = this.options;
    if (path === undefined) throw new Error(`${server.kind} has no path of a ${what}`);
    this.path = path;
    this.requests.clear();
  }
}
