import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { LogLevel } from './log-level.ts';

describe('LogLevel', () => {
  it('changes what all of a log says, children and those to come', () => {
    const lines: string[] = [];
    const root = pino({ level: 'info', base: null }, { write: (line) => void lines.push(line) });
    const level = new LogLevel(root);
    const child = root.child({ part: 'a' });
    const grandchild = child.child({ part: 'b' });
    child.debug('unheard');
    level.become('debug');
    expect(level.level).toBe('debug');
    child.debug('one');
    grandchild.debug('two');
    root.child({}).debug('three');
    level.become('error');
    for (const log of [root, child, grandchild]) log.warn('unheard');
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      ...['one', 'two', 'three'],
    ]);
    expect(() => level.become('loud')).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID' }) as Error,
    );
  });
});
