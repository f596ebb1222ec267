import type { HlsPlayer } from '../hls-players.ts';
import type { Stream } from '../stream.ts';

/** A player of HLS asks for the playlist. */
export function meetPlayer(
  { hls }: Pick<Stream, 'hls'>,
  id: string,
  isEncrypted = false,
): HlsPlayer {
  const { players } = hls;
  const player = players.find(id) ?? players.invite(id, isEncrypted);
  if (player === undefined) throw new Error('too many players');
  if (player.hasBegun) players.meet(player);
  else hls.begin(player, { left: () => undefined });
  return player;
}
