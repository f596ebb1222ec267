import { describe, expect, it } from 'vitest';
import { ManualClock } from './clock.ts';
import { HlsPlayers } from './hls-players.ts';

describe('HlsPlayers', () => {
  it('counts those over TLS for themselves, for as long as they ask', () => {
    const clock = new ManualClock();
    const players = new HlsPlayers(clock);
    players.meet('plain', false);
    players.meet('encrypted', true);
    players.meet('encrypted', true);
    expect([players.size, players.encryptedSize]).toEqual([2, 1]);
    clock.advance(14_000);
    players.meet('plain', false);
    clock.advance(2_000);
    players.forgetIdle(clock.nowMs());
    expect([players.size, players.encryptedSize]).toEqual([1, 0]);
    expect(players.knows('plain')).toBe(true);
  });

  it('counts nobody who was sent away, and knows him when he comes back', () => {
    const clock = new ManualClock();
    const players = new HlsPlayers(clock);
    players.meet('plain', false);
    players.meet('encrypted', true);
    for (let times = 0; times < 2; times += 1) players.sendAway('encrypted');
    players.sendAway('nobody');
    expect([players.size, players.encryptedSize]).toEqual([1, 0]);
    expect(players.knows('encrypted')).toBe(true);
    for (let times = 0; times < 2; times += 1) players.meet('encrypted', true);
    expect([players.size, players.encryptedSize]).toEqual([2, 1]);
    players.sendAway('plain');
    clock.advance(16_000);
    players.forgetIdle(clock.nowMs());
    expect([players.size, players.encryptedSize]).toEqual([0, 0]);
    expect(players.knows('plain')).toBe(false);
  });
});
