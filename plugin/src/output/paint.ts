import { styleText } from 'node:util';
import type { Io } from '../io.ts';

type Mood = 'good' | 'bad' | 'moving';

const MOODS: Readonly<Record<string, Mood>> = {
  Ready: 'good',
  ready: 'good',
  live: 'good',
  Degraded: 'bad',
  Pending: 'bad',
  Warning: 'bad',
  silent: 'bad',
  lost: 'bad',
  failed: 'bad',
  Progressing: 'moving',
  starting: 'moving',
  draining: 'moving',
  waiting: 'moving',
};

const COLOURS = { good: 'green', bad: 'red', moving: 'yellow' } as const;

/** A state in its colour where someone looks; the word stays the same. */
export function paint({ hasColours }: Io, state: string): string {
  const mood = MOODS[/^\w+/.exec(state)?.[0] ?? ''];
  if (!hasColours || mood === undefined) return state;
  return styleText(COLOURS[mood], state, { validateStream: false });
}

export function bold({ hasColours }: Io, text: string): string {
  return hasColours ? styleText('bold', text, { validateStream: false }) : text;
}
