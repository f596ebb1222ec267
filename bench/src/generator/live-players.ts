import { LivePlayer, type PlayerGroup } from './live-player.ts';
import { requestHead } from './viewer.ts';
import { patiently } from './wait.ts';
import type { Dial } from './wire.ts';

export interface LivePlayersOptions {
  readonly dial: Dial;
  readonly host: string;
  readonly port: number;
  /** Of the playlist that everybody is told of, dealt in turn. */
  readonly paths: readonly string[];
  readonly count: number;
  /** They come one by one within so long. */
  readonly withinMs: number;
  /** What each calls itself. */
  readonly agent: (player: number) => string;
}

const STEP_MS = 20;
/** Until the first segment of the last one. */
const BEGUN_MS = 30_000;
/** Addresses whose sums are kept: of some minutes. */
const SUMS_KEPT = 1_000;

/** Many players of live HLS, who look whether all of them get the same segments. */
export class LivePlayers implements PlayerGroup {
  playlists = 0;
  segments = 0;
  bytes = 0;
  /** Of all that went wrong the first, and how often something did. */
  fault: string | undefined = undefined;
  faults = 0;
  private readonly options: LivePlayersOptions;
  private readonly players: LivePlayer[] = [];
  private readonly sums = new Map<string, number>();

  constructor(options: LivePlayersOptions) {
    this.options = options;
  }

  /** Resolves when each has fetched a segment. */
  async come(): Promise<void> {
    const { count, withinMs, dial, paths } = this.options;
    const startedMs = performance.now();
    const timer = setInterval(() => {
      const due = Math.min(count, ((performance.now() - startedMs) / withinMs) * count);
      while (this.players.length < due) {
        const number = this.players.length;
        const path = paths[number % paths.length] ?? '';
        this.players.push(new LivePlayer(this, number, { dial, path }));
      }
    }, STEP_MS);
    try {
      await patiently('all players have a segment', withinMs + BEGUN_MS, () => {
        return this.fault !== undefined || this.begun === count;
      });
    } finally {
      clearInterval(timer);
    }
    if (this.fault !== undefined) throw new Error(this.fault);
  }

  leave(): void {
    for (const player of this.players) player.close();
  }

  /** Different segments that were fetched. */
  get different(): number {
    return this.sums.size;
  }

  request(path: string, player: number): Buffer {
    const { host, port, agent } = this.options;
    return requestHead({ host, port, path, agent: agent(player) });
  }

  answered(what: 'playlist' | 'segment', bytes: number): void {
    if (what === 'playlist') this.playlists += 1;
    else this.segments += 1;
    this.bytes += bytes;
  }

  segment(path: string, sum: number): void {
    const before = this.sums.get(path);
    if (before === sum) return;
    if (before !== undefined) this.fail(`${path} has other bytes for others`);
    this.sums.set(path, sum);
    if (this.sums.size > SUMS_KEPT) this.sums.delete(this.sums.keys().next().value ?? '');
  }

  fail(reason: string): void {
    this.fault ??= reason;
    this.faults += 1;
  }

  private get begun(): number {
    return this.players.filter(({ segments }) => segments > 0).length;
  }
}
