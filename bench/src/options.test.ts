import { describe, expect, it } from 'vitest';
import { chosenWorkloads, isChosen, isPeerWanted, readOptions } from './options.ts';

const letters = (...words: string[]) =>
  chosenWorkloads(readOptions(words)).map(({ letter }) => letter);

describe('options', () => {
  it('take all workloads, those named, or those with a named case', () => {
    expect(letters()).toEqual([...'ABCDEFGHIJKLMN'.split(''), 'start', 'sessions']);
    expect(letters('--only', 'C,A')).toEqual(['A', 'C']);
    expect(letters('--only', 'A-tick-100,start')).toEqual(['A', 'start']);
    expect(() => letters('--only', 'Z')).toThrow('no workload Z');
  });

  it('measure over whole groups of pictures', () => {
    expect(readOptions(['--seconds', '6']).seconds).toBe(6);
    expect(() => readOptions(['--seconds', '3'])).toThrow('--seconds');
  });

  it('choose cases by letter or key', () => {
    const options = readOptions(['--only', 'A-tick,H-home,N']);
    expect(isChosen(options, 'A', 'A-tick-20')).toBe(true);
    expect(isChosen(options, 'A', 'A-streams')).toBe(false);
    expect(isChosen(options, 'H', 'H-behind')).toBe(false);
    expect(isChosen(options, 'N', 'N')).toBe(true);
  });

  it('choose servers of others', () => {
    expect(isPeerWanted(readOptions([]), 'nginx')).toBe(true);
    expect(isPeerWanted(readOptions(['--peers', 'none']), 'nginx')).toBe(false);
    expect(isPeerWanted(readOptions(['--floor']), 'nginx')).toBe(false);
    expect(isPeerWanted(readOptions(['--peers', 'lal,nginx-rtmp']), 'nginx')).toBe(false);
    expect(isPeerWanted(readOptions(['--peers', 'lal,nginx-rtmp']), 'nginx-rtmp')).toBe(true);
  });
});
