import { describe, expect, it } from 'vitest';
import { ManualClock } from './clock.ts';
import { HlsPlayers, type HlsPlayer } from './hls-players.ts';

function rig(): {
  clock: ManualClock;
  players: HlsPlayers;
  said: string[];
  come: (id: string, isEncrypted?: boolean) => HlsPlayer;
} {
  const clock = new ManualClock();
  const players = new HlsPlayers(clock);
  const said: string[] = [];
  const come = (id: string, isEncrypted = false): HlsPlayer => {
    const player = players.find(id) ?? players.invite(id, isEncrypted);
    if (player === undefined) throw new Error('no room');
    if (player.hasBegun) players.meet(player);
    else players.begin(player, { left: (reason) => void said.push(`${id} ${reason}`) }, 0);
    return player;
  };
  return { clock, players, said, come };
}

describe('HlsPlayers', () => {
  it('counts those over TLS for themselves, for as long as they ask', () => {
    const { clock, players, said, come } = rig();
    come('plain');
    come('encrypted', true);
    come('encrypted', true);
    expect([players.size, players.encryptedSize]).toEqual([2, 1]);
    clock.advance(14_000);
    come('plain');
    clock.advance(2_000);
    players.forgetIdle(clock.nowMs());
    expect([players.size, players.encryptedSize]).toEqual([1, 0]);
    expect(players.find('plain')).toBeDefined();
    expect(said).toEqual(['encrypted idle']);
  });

  it('counts nobody who was sent away, and knows him when he comes back', () => {
    const { clock, players, said, come } = rig();
    come('plain');
    const encrypted = come('encrypted', true);
    for (let times = 0; times < 2; times += 1) encrypted.sendAway();
    expect([players.size, players.encryptedSize]).toEqual([1, 0]);
    expect(players.find('encrypted')).toBe(encrypted);
    for (let times = 0; times < 2; times += 1) come('encrypted', true);
    expect([players.size, players.encryptedSize]).toEqual([2, 1]);
    come('plain').sendAway();
    clock.advance(16_000);
    players.forgetIdle(clock.nowMs());
    expect([players.size, players.encryptedSize]).toEqual([0, 0]);
    expect(said).toEqual(['plain idle', 'encrypted idle']);
  });

  it('counts nobody who was let in and never came', () => {
    const { clock, players, said } = rig();
    players.invite('shy', false);
    expect([players.size, players.find('shy')?.isKnown]).toEqual([0, true]);
    clock.advance(16_000);
    players.forgetIdle(clock.nowMs());
    expect([players.find('shy'), said]).toEqual([undefined, []]);
  });

  it('has room for those who come, however many were invited and never did', () => {
    const { players, said, come } = rig();
    for (let n = 0; n <= 100_000; n += 1) players.invite(`shy ${n}`, false);
    expect(players.invite('last', false)?.isKnown).toBe(true);
    expect([players.find('shy 0'), players.find('shy 100000')?.isKnown]).toEqual([undefined, true]);
    come('last');
    players.removeAll('ended');
    expect([players.find('shy 100000'), players.size, said]).toEqual([
      undefined,
      0,
      ['last ended'],
    ]);
  });

  it('leaves one in his place who came while another with his id was asked about', () => {
    const { clock, players, said, come } = rig();
    const one = come('one');
    expect(players.invite('one', true)).toBe(one);
    clock.advance(16_000);
    players.forgetIdle(clock.nowMs());
    expect([said, players.size]).toEqual([['one idle'], 0]);
  });

  it('tells each player once that it is over, whoever says so', () => {
    const { players, said, come } = rig();
    const one = come('one');
    come('two');
    one.leave('kicked');
    one.leave('kicked');
    one.sendAway();
    players.removeAll('ended');
    players.removeAll('ended');
    expect(said).toEqual(['one kicked', 'two ended']);
    expect(players.size).toBe(0);
    expect(come('one')).not.toBe(one);
  });

  it('estimates what a player fetched by what it was told of', () => {
    const { players, come } = rig();
    players.producedBytes = 1_000;
    const player = players.invite('a', false)!;
    expect(player.bytes).toBe(0);
    players.begin(player, { left: () => undefined }, 300);
    expect(player.bytes).toBe(300);
    players.producedBytes += 100;
    expect(player.bytes).toBe(300);
    come('a');
    expect(player.bytes).toBe(400);
  });
});
