import { tokenOf } from '../../access/credentials.ts';
import type { ExpelReason, Session, SessionControl } from '../../sessions/session.ts';
import type { Entry } from '../../sessions/visitors.ts';
import type { HlsPlayer, PlayerWatch } from '../../stream/hls-players.ts';
import type { HttpExchange } from '../http/exchange.ts';
import type { HlsWindowView } from './hls-stream.ts';

/** A player of HLS that has begun, by whatever connections it asks. */
export class HlsSession implements SessionControl, PlayerWatch {
  readonly skips = 0;
  readonly areBytesEstimated = true;
  private readonly player: HlsPlayer;
  private readonly session: Session;

  private constructor(player: HlsPlayer, entry: Entry) {
    this.player = player;
    this.session = entry.open(this, player.id);
  }

  static begin(hls: HlsWindowView, player: HlsPlayer, entry: Entry): void {
    hls.begin(player, new HlsSession(player, entry));
  }

  /** Undefined: it has not begun. */
  static of({ watch }: HlsPlayer): HlsSession | undefined {
    return watch instanceof HlsSession ? watch : undefined;
  }

  /** Whoever asks is where the one was who began it, and brings the same: an id alone, which
   * somebody else may have chosen, proves nothing. */
  isOf({ address, head }: HttpExchange, query: string): boolean {
    const { visit } = this.session;
    if (address !== visit.address || query !== visit.query) return false;
    const authorization = head.header('authorization') ?? '';
    const cookie = head.header('cookie') ?? '';
    if (authorization === visit.authorization && cookie === visit.cookie) return true;
    // Pages have other cookies, too, which change.
    return tokenOf({ query, authorization, cookie }) === tokenOf(visit);
  }

  get bytes(): number {
    return this.player.bytes;
  }

  /** Its next request is that of a stranger, who is asked who he is. */
  expel(reason: ExpelReason): void {
    this.player.leave(reason);
  }

  left(reason: string): void {
    this.session.end(reason);
  }
}
