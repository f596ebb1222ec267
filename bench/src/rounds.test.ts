import { describe, expect, it } from 'vitest';
import { goodRounds, orderOf, runRounds } from './rounds.ts';

/** Runs numbers; what `spoil` names is faulty. */
async function play(
  contenders: string[],
  wanted: number,
  spoil: (name: string, round: number) => string | undefined = () => undefined,
) {
  const order: string[] = [];
  const runs = await runRounds<{ value: number; fault?: string | undefined }>({
    contenders,
    wanted,
    run: (name, round) => {
      order.push(`${round}${name}`);
      const fault = spoil(name, round);
      if (fault === 'throws') return Promise.reject(new Error('broke'));
      return Promise.resolve({ value: round, fault });
    },
    faultOf: ({ fault }) => fault,
  });
  return { order, runs };
}

describe('rounds', () => {
  it('start with another one each', async () => {
    expect(orderOf(['a', 'b', 'c'], 4)).toEqual(['b', 'c', 'a']);
    expect(orderOf([], 3)).toEqual([]);
    const { order } = await play(['a', 'b', 'c'], 3);
    expect(order).toEqual(['0a', '0b', '0c', '1b', '1c', '1a', '2c', '2a', '2b']);
  });

  it('repeat a spoilt round for its pair only, with ours', async () => {
    const { order, runs } = await play(['a', 'b', 'c'], 2, (name, round) =>
      name === 'c' && round === 1 ? 'bytes are missing' : undefined,
    );
    expect(order.slice(6)).toEqual(['2a', '2c']);
    expect(goodRounds(runs, 'a', 'c').map(([a, c]) => [a.value, c.value])).toEqual([
      [0, 0],
      [2, 2],
    ]);
    expect(runs.filter(({ fault }) => fault !== undefined)).toMatchObject([
      { round: 1, contender: 'c', fault: 'bytes are missing' },
    ]);
  });

  it('leave out who never comes through, and end when ours does not', async () => {
    const without = await play(['a', 'b'], 3, (name) => (name === 'b' ? 'throws' : undefined));
    expect(without.order).toEqual(['0a', '0b', '1b', '1a', '2a']);
    expect(without.runs[1]).toMatchObject({ fault: 'broke' });
    const broken = await play(['a', 'b'], 3, (name) => (name === 'a' ? 'throws' : undefined));
    expect(broken.order).toHaveLength(4);
  });

  it('do not go on for ever', async () => {
    const { order } = await play(['a'], 3, (_, round) => (round % 4 === 0 ? undefined : 'x'));
    expect(order).toHaveLength(6);
  });
});
