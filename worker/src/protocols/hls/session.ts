import type { ExpelReason, Session, SessionControl } from '../../sessions/session.ts';
import type { Entry } from '../../sessions/visitors.ts';
import type { HlsPlayer, PlayerWatch } from '../../stream/hls-players.ts';
import type { HlsWindowView } from './hls-stream.ts';

/** A player of HLS, by whatever connections it asks. It was let in once, and begins
 * when it asks for the media playlist. */
export class HlsSession implements SessionControl, PlayerWatch {
  readonly skips = 0;
  readonly areBytesEstimated = true;
  /** Until it begins. */
  private entry: Entry | undefined;
  private player: HlsPlayer | undefined = undefined;
  private session: Session | undefined = undefined;

  private constructor(entry: Entry) {
    this.entry = entry;
  }

  /** The player of this id, which may be here already. Undefined: there is no room. */
  static invite({ players }: HlsWindowView, id: string, entry: Entry): HlsPlayer | undefined {
    const known = players.find(id);
    if (known !== undefined) return known;
    const session = new HlsSession(entry);
    const player = players.invite(id, entry.visit.isEncrypted, session);
    session.player = player;
    return player;
  }

  get bytes(): number {
    return this.player?.bytes ?? 0;
  }

  /** Its next request is that of a stranger, who is asked who he is. */
  expel(reason: ExpelReason): void {
    this.player?.leave(reason);
  }

  began(): void {
    this.session = this.entry?.open(this, this.player?.id);
    this.entry = undefined;
  }

  left(reason: string): void {
    this.session?.end(reason);
  }
}
