/** A drawing of lines over two axes from 0, as SVG text. */
export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly Line[];
}

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Written beside the point. */
  readonly label?: string;
}

const WIDTH = 720;
const HEIGHT = 420;
const LEFT = 64;
const RIGHT = 24;
const TOP = 44;
const BOTTOM = 56;
const LEGEND_LINE = 18;
/** Told apart also by those who do not see red and green, on white and on black. */
const COLOURS = ['#2f7fd6', '#e08214', '#9b59b6', '#1a9e77', '#d6456b'];
const DASHES = ['', '6 4', '2 3', '8 3 2 3', '1 4'];

/** Text and axes follow the reader's theme; there is no background. */
const STYLE = `text{font:13px sans-serif;fill:#24292f}.axis{stroke:#24292f}.grid{stroke:#d0d7de}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.axis{stroke:#e6edf3}.grid{stroke:#30363d}}`;

export function linePlot(plot: Plot): string {
  const points = plot.lines.flatMap((line) => line.points);
  const xs = axisTicks(Math.max(0, ...points.map(({ x }) => x)));
  const ys = axisTicks(Math.max(0, ...points.map(({ y }) => y)));
  const scale = scaleOf(xs.at(-1) ?? 1, ys.at(-1) ?? 1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${escaped(plot.title)}</title>`,
    `<style>${STYLE}</style>`,
    text(LEFT, TOP - 24, plot.title, 'start'),
    ...grid(scale, xs, ys),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, plot.xLabel, 'middle'),
    `<g transform="rotate(-90 16 ${HEIGHT / 2})">${text(16, HEIGHT / 2, plot.yLabel, 'middle')}</g>`,
    ...plot.lines.flatMap((line, i) => drawn(line, i, scale)),
    '</svg>',
    '',
  ].join('\n');
}

/** Round numbers from 0 to the first that is not below `max`. */
export function axisTicks(max: number): number[] {
  if (!(max > 0)) return [0, 1];
  const rough = max / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? power * 10;
  const count = Math.ceil(max / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

interface Scale {
  x(value: number): number;
  y(value: number): number;
}

function scaleOf(xMax: number, yMax: number): Scale {
  const round = (value: number): number => Number(value.toFixed(1));
  return {
    x: (value) => round(LEFT + (value / xMax) * (WIDTH - LEFT - RIGHT)),
    y: (value) => round(HEIGHT - BOTTOM - (value / yMax) * (HEIGHT - TOP - BOTTOM)),
  };
}

function grid(scale: Scale, xs: readonly number[], ys: readonly number[]): string[] {
  const [left, right, bottom] = [LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM];
  return [
    ...ys.flatMap((value) => [
      stroke('grid', [left, scale.y(value)], [right, scale.y(value)]),
      text(left - 8, scale.y(value) + 4, String(value), 'end'),
    ]),
    ...xs.map((value) => text(scale.x(value), bottom + 20, String(value), 'middle')),
    stroke('axis', [left, bottom], [right, bottom]),
    stroke('axis', [left, TOP], [left, bottom]),
  ];
}

function drawn(line: Line, index: number, scale: Scale): string[] {
  const colour = COLOURS[index % COLOURS.length] ?? '';
  const dash = DASHES[index % DASHES.length] ?? '';
  const points = [...line.points].sort((a, b) => a.x - b.x);
  const path = points.map(({ x, y }) => `${scale.x(x)},${scale.y(y)}`).join(' ');
  const style = `fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"`;
  const legendY = TOP + 8 + index * LEGEND_LINE;
  const legendX = WIDTH - RIGHT - 190;
  return [
    `<polyline points="${path}" ${style}/>`,
    ...points.flatMap(({ x, y, label }) => [
      `<circle cx="${scale.x(x)}" cy="${scale.y(y)}" r="3.5" fill="${colour}"/>`,
      ...(label === undefined ? [] : [text(scale.x(x) - 6, scale.y(y) - 9, label, 'end')]),
    ]),
    `<polyline points="${legendX},${legendY} ${legendX + 28},${legendY}" ${style}/>`,
    text(legendX + 36, legendY + 4, line.name, 'start'),
  ];
}

function stroke(kind: string, [x1, y1]: [number, number], [x2, y2]: [number, number]): string {
  return `<line class="${kind}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
