import type { Ratio } from '../measure/ratio.ts';
import type { Verdict } from './judge.ts';

export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** `1.12 (1.09 to 1.15)`. */
export function ratioText({ mean, low, high, rounds }: Ratio): string {
  if (rounds < 2) return `${mean.toFixed(2)} (one round)`;
  return `${mean.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

/** `ours <= 1.15 x floor`, or a figure with its unit. */
export function barText({ bar }: Verdict): string {
  if (bar.kind === 'figure') return `${figureName(bar.figure)} ${limit(bar, bar.figure)}`;
  return `${bar.of} ${limit(bar)} x ${bar.to}`;
}

export function valueText({ bar, value, ratio }: Verdict): string {
  if (value === undefined) return 'not measured';
  if (ratio !== undefined) return ratioText(ratio);
  return bar.kind === 'figure' ? figureText(bar.figure, value) : value.toFixed(2);
}

export function reachedText({ isReached }: Verdict): string {
  if (isReached === undefined) return '?';
  return isReached ? 'yes' : 'no';
}

function limit({ max, min }: { max?: number; min?: number }, figure?: string): string {
  const text = (value: number): string =>
    figure === undefined ? String(value) : figureText(figure, value);
  if (max !== undefined) return `<= ${text(max)}`;
  return `>= ${text(min ?? 0)}`;
}

/** By the unit in the figure's name. */
export function figureText(figure: string, value: number): string {
  if (/Ms(At\d+)?$/.test(figure) || figure.includes('MsAt')) return `${value.toFixed(1)} ms`;
  if (figure.startsWith('busy') || figure.endsWith('Share')) return percent(value);
  if (/bytes/i.test(figure)) return bytesText(value);
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

function bytesText(bytes: number): string {
  return Math.abs(bytes) < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : megabytes(bytes);
}

/** `p50MsAt10` becomes `p50 at 10`, `slowestStartMs` becomes `slowest start`. */
export function figureName(figure: string): string {
  return figure
    .replace(/Ms(?=At|$)/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/At(?=\d)/, 'at ')
    .toLowerCase();
}
