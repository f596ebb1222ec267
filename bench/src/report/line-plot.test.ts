import { describe, expect, it } from 'vitest';
import { axisTicks, linePlot } from './line-plot.ts';

describe('axisTicks', () => {
  it.each([
    [400, [0, 100, 200, 300, 400]],
    [43, [0, 10, 20, 30, 40, 50]],
    [0.9, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [15.1, [0, 5, 10, 15, 20]],
    [0, [0, 1]],
  ])('ends with the first round number not below %d', (max, wanted) => {
    expect(axisTicks(max)).toEqual(wanted);
  });
});

describe('linePlot', () => {
  const svg = linePlot({
    title: 'CPU & <tick>',
    xLabel: 'ms',
    yLabel: '%',
    lines: [
      {
        name: 'ours',
        points: [
          { x: 400, y: 0 },
          { x: 0, y: 50, label: 'here' },
        ],
      },
      { name: 'floor', points: [] },
    ],
  });

  it('draws points at their places, in order of x', () => {
    // Left and top of the drawing, then right and bottom.
    expect(svg).toContain('points="64,44 696,364"');
    expect(svg).toContain('<circle cx="64" cy="44"');
    expect(svg).toContain('>here</text>');
  });

  it('names lines and axes, for light and dark, and escapes words', () => {
    expect(svg).toContain('>ours</text>');
    expect(svg).toContain('>floor</text>');
    expect(svg).toContain('CPU &amp; &lt;tick&gt;');
    expect(svg).toContain('prefers-color-scheme:dark');
  });
});
