import { expect, it } from 'vitest';
import { ManualClock } from '../stream/clock.ts';
import { Landings } from './landings.ts';

it('landings are counted for five seconds, each stream for itself', () => {
  const clock = new ManualClock();
  const landings = new Landings(clock);
  expect(landings.count('a')).toBe(0);
  for (let second = 0; second < 20; second += 1) {
    for (let viewer = 0; viewer < 3; viewer += 1) landings.note('a');
    landings.note('b');
    clock.advance(1_000);
  }
  expect(landings.count('a')).toBe(15);
  expect(landings.count('b')).toBe(5);
  clock.advance(4_500);
  expect(landings.count('a')).toBe(0);
  landings.note('a');
  expect(landings.count('a')).toBe(1);
});
