import type { Clock } from './clock.ts';

const MAX_PLAYERS = 100_000;
/** A player that asked for nothing this long has left. */
const IDLE_MS = 15_000;
/** Those who left are looked for this often. */
const LOOK_MS = 1_000;

/** One who asks for a playlist again and again. */
export class HlsPlayer {
  /** False once he asked for nothing for a while. */
  isKnown = true;
  seenMs = 0;
  /** He does not count: was asked to go elsewhere. Should he come back, he is known. */
  isLeaving = true;
  /** Asks over TLS. */
  readonly isEncrypted: boolean;
  private readonly players: HlsPlayers;

  constructor(players: HlsPlayers, isEncrypted: boolean) {
    this.players = players;
    this.isEncrypted = isEncrypted;
    this.touch();
  }

  /** He asked again. */
  touch(): void {
    this.seenMs = this.players.touch();
  }
}

/** Who plays a stream by HLS. There are no sessions: names tell players apart, roughly. */
export class HlsPlayers {
  private readonly clock: Clock;
  private readonly players = new Map<string, HlsPlayer>();
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

  /** Whether the player asked for something lately. */
  knows(name: string): boolean {
    return this.players.has(name);
  }

  /** A player asked for something. */
  meet(name: string, isEncrypted: boolean): HlsPlayer {
    const known = this.players.get(name);
    if (known !== undefined) {
      known.touch();
      this.count(known, false);
      return known;
    }
    const player = new HlsPlayer(this, isEncrypted);
    player.isKnown = this.players.size < MAX_PLAYERS;
    if (!player.isKnown) return player;
    this.players.set(name, player);
    this.count(player, false);
    return player;
  }

  /** A player, if he is known, was asked to go elsewhere. */
  sendAway(name: string): void {
    const player = this.players.get(name);
    if (player !== undefined) this.count(player, true);
  }

  /** Somebody asked for something. Returns the time. */
  touch(): number {
    this.touchedAtMs = this.clock.nowMs();
    return this.touchedAtMs;
  }

  forgetIdle(nowMs: number): void {
    if (this.players.size === 0 || nowMs - this.lookedAtMs < LOOK_MS) return;
    this.lookedAtMs = nowMs;
    for (const [name, player] of this.players) {
      if (nowMs - player.seenMs < IDLE_MS) continue;
      this.count(player, true);
      player.isKnown = false;
      this.players.delete(name);
    }
  }

  private count(player: HlsPlayer, isLeaving: boolean): void {
    if (player.isLeaving === isLeaving) return;
    player.isLeaving = isLeaving;
    const change = isLeaving ? -1 : 1;
    this.counted += change;
    if (player.isEncrypted) this.encrypted += change;
  }
}
