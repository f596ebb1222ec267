import type { Clock } from './clock.ts';

const MAX_PLAYERS = 100_000;
/** Of those who never came; beyond, the oldest go. Anybody may ask for one. */
const MAX_INVITED = 10_000;
/** A player that asked for nothing this long has left. */
const IDLE_MS = 15_000;
/** Those who left are looked for this often. */
const LOOK_MS = 1_000;

/** Who is told that a player left. */
export interface PlayerWatch {
  /** Once. `idle`: it asked for nothing for a while. */
  left(reason: string): void;
}

/** One who asks for a playlist again and again, wherever it connects from. */
export class HlsPlayer {
  readonly id: string;
  /** Asks over TLS. */
  readonly isEncrypted: boolean;
  /** False once it left. */
  isKnown = true;
  seenMs = 0;
  /** It does not count: it has not begun, or was asked to go elsewhere. Should it come
   * back, it is known. */
  isLeaving = true;
  /** Undefined: it has not begun. */
  watch: PlayerWatch | undefined = undefined;
  /** Of HlsPlayers.producedBytes: where it began. */
  firstBytes = 0;
  private seenBytes = 0;
  private readonly players: HlsPlayers;

  constructor(players: HlsPlayers, id: string, isEncrypted: boolean) {
    this.players = players;
    this.id = id;
    this.isEncrypted = isEncrypted;
    this.touch();
  }

  get hasBegun(): boolean {
    return this.watch !== undefined;
  }

  /** Bytes of the segments that it was told of, an estimate of what it fetched. */
  get bytes(): number {
    return this.hasBegun ? Math.max(0, this.seenBytes - this.firstBytes) : 0;
  }

  /** It asked again. */
  touch(): void {
    this.seenMs = this.players.touch();
    this.seenBytes = this.players.producedBytes;
  }

  /** It was asked to go elsewhere. */
  sendAway(): void {
    this.players.sendAway(this);
  }

  /** It is a stranger from now on. */
  leave(reason: string): void {
    this.players.remove(this, reason);
  }
}

/** Who plays a stream by HLS, by the ids that they name. */
export class HlsPlayers {
  /** Bytes of all segments so far. */
  producedBytes = 0;
  private readonly clock: Clock;
  private readonly players = new Map<string, HlsPlayer>();
  /** Who may come, and has not begun: they take nobody's room. */
  private readonly invited = new Map<string, HlsPlayer>();
  private counted = 0;
  private encrypted = 0;
  private touchedAtMs = -Infinity;
  private lookedAtMs = -Infinity;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** How many were seen lately and are to stay. */
  get size(): number {
    return this.counted;
  }

  /** Of these, those who ask over TLS. */
  get encryptedSize(): number {
    return this.encrypted;
  }

  /** Somebody asked for something lately. */
  get areHere(): boolean {
    return this.clock.nowMs() - this.touchedAtMs < IDLE_MS;
  }

  /** A player that asked for something lately. */
  find(id: string): HlsPlayer | undefined {
    return this.players.get(id) ?? this.invited.get(id);
  }

  /** There is room for a player, who counts once it begins. Undefined: there is none. Whoever
   * has come with the id meanwhile stays: nobody else would ever find that he left. */
  invite(id: string, isEncrypted: boolean): HlsPlayer | undefined {
    const known = this.find(id);
    if (known !== undefined) return known;
    if (this.players.size >= MAX_PLAYERS) return undefined;
    const player = new HlsPlayer(this, id, isEncrypted);
    this.invited.set(id, player);
    const [oldest] = this.invited.values();
    if (this.invited.size > MAX_INVITED && oldest !== undefined) this.remove(oldest, 'idle');
    return player;
  }

  /** It may have the media playlist. `startBytes`: of the segments that it begins with. */
  begin(player: HlsPlayer, watch: PlayerWatch, startBytes: number): void {
    this.invited.delete(player.id);
    this.players.set(player.id, player);
    player.watch = watch;
    player.firstBytes = this.producedBytes - startBytes;
    this.meet(player);
  }

  /** One who has begun asks for the media playlist. */
  meet(player: HlsPlayer): void {
    player.touch();
    this.count(player, false);
  }

  sendAway(player: HlsPlayer): void {
    if (player.isKnown) this.count(player, true);
  }

  remove(player: HlsPlayer, reason: string): void {
    if (!player.isKnown) return;
    this.count(player, true);
    player.isKnown = false;
    this.players.delete(player.id);
    this.invited.delete(player.id);
    player.watch?.left(reason);
  }

  /** The stream is no longer here. */
  removeAll(reason: string): void {
    for (const player of [...this.all()]) this.remove(player, reason);
  }

  /** Somebody asked for something. Returns the time. */
  touch(): number {
    this.touchedAtMs = this.clock.nowMs();
    return this.touchedAtMs;
  }

  forgetIdle(nowMs: number): void {
    if (this.players.size + this.invited.size === 0 || nowMs - this.lookedAtMs < LOOK_MS) return;
    this.lookedAtMs = nowMs;
    for (const player of this.all()) {
      if (nowMs - player.seenMs >= IDLE_MS) this.remove(player, 'idle');
    }
  }

  private *all(): Generator<HlsPlayer> {
    yield* this.players.values();
    yield* this.invited.values();
  }

  private count(player: HlsPlayer, isLeaving: boolean): void {
    if (player.isLeaving === isLeaving) return;
    player.isLeaving = isLeaving;
    const change = isLeaving ? -1 : 1;
    this.counted += change;
    if (player.isEncrypted) this.encrypted += change;
  }
}
