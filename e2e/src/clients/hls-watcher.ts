import crypto from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { within } from '../harness/eventually.ts';
import type { Answer, Door } from './doors.ts';
import { mediaPlaylistUrl, parsePlaylist, type Playlist } from './playlist.ts';

const POLL_MS = 400;

export interface HlsComparison {
  /** Sentences; empty when all workers answered alike. */
  readonly differences: readonly string[];
  /** Of different playlists and segments, those that every worker gave. */
  readonly playlistsComparedOnAll: number;
  readonly segmentsComparedOnAll: number;
  /** The last playlist. */
  readonly last: Playlist;
}

/** Asks every worker for the same playlists and segments and compares the bytes. */
export class HlsWatcher {
  private readonly doors: readonly Door[];
  private readonly path: string;
  /** What was asked -> hash of the answer -> who gave it. */
  private readonly answers = new Map<string, Map<string, Set<number>>>();
  private readonly watching: Promise<Playlist[]>;

  constructor(doors: readonly Door[], stream: string) {
    this.doors = doors;
    this.path = `/${stream}.m3u8`;
    this.watching = Promise.all(doors.map((door) => this.watch(door)));
    // Asked for in ended(); a failure before that must not end the process.
    this.watching.catch(() => undefined);
  }

  /** Resolves when every worker said that the stream is over. */
  async ended(patienceMs: number): Promise<HlsComparison> {
    const [last] = await within('end of the HLS playlists', patienceMs, this.watching);
    if (last === undefined) throw new Error('nobody was asked');
    const entries = [...this.answers];
    const differences = entries
      .filter(([, answers]) => answers.size > 1)
      .map(
        ([what, answers]) => `${what}: ${[...answers.values()].map((one) => [...one]).join(' | ')}`,
      );
    const onAll = (kind: string): number =>
      entries.filter(([what, answers]) => {
        const givers = new Set([...answers.values()].flatMap((one) => [...one]));
        return what.startsWith(kind) && givers.size === this.doors.length;
      }).length;
    return {
      differences,
      playlistsComparedOnAll: onAll('playlist'),
      segmentsComparedOnAll: onAll('segment'),
      last,
    };
  }

  private async watch(door: Door): Promise<Playlist> {
    const fetched = new Set<number>();
    const first = await this.playlist(door, this.path);
    const { pathname, search } = new URL(mediaPlaylistUrl(first.body.toString(), this.path));
    for (;;) {
      const answer = await this.playlist(door, pathname + search);
      const playlist = parsePlaylist(answer.body.toString());
      const { mediaSequence, segments, ended } = playlist;
      const state = ended ? 'ended' : 'going on';
      this.note(`playlist ${mediaSequence}+${segments.length} ${state}`, door, answer);
      for (const { uri, sequence } of segments) {
        if (fetched.has(sequence)) continue;
        fetched.add(sequence);
        this.note(`segment ${sequence}`, door, await this.segment(door, uri));
      }
      if (ended) return playlist;
      await sleep(POLL_MS);
    }
  }

  private async playlist(door: Door, path: string): Promise<Answer> {
    const answer = await door.get(path);
    if (answer.status === 200) return answer;
    throw new Error(`${path} answered ${answer.status}: ${answer.body.toString()}`);
  }

  private async segment(door: Door, uri: string): Promise<Answer> {
    const { pathname, search } = new URL(uri, `http://host${this.path}`);
    const answer = await door.get(pathname + search);
    if (answer.status !== 200) throw new Error(`${uri} answered ${answer.status}`);
    if (answer.body.length === 0 || answer.body.length % 188 !== 0) {
      throw new Error(`${uri} has ${answer.body.length} bytes, no whole TS packets`);
    }
    return answer;
  }

  private note(what: string, door: Door, { body }: Answer): void {
    const hash = crypto.createHash('sha256').update(body).digest('hex');
    const answers = this.answers.get(what) ?? new Map<string, Set<number>>();
    const givers = answers.get(hash) ?? new Set<number>();
    this.answers.set(what, answers.set(hash, givers.add(door.workerPid)));
  }
}
