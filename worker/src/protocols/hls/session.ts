import type { ExpelReason, Session, SessionControl } from '../../sessions/session.ts';
import type { Entry } from '../../sessions/visitors.ts';
import type { HlsPlayer, PlayerWatch } from '../../stream/hls-players.ts';
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
