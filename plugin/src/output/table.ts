import Table from 'cli-table3';

export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
}

/** No lines: columns apart, as kubectl does it. */
const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '   ',
};

const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/** Lines of equal columns; heads are as they are given. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const made = new Table({
    head: columns.map(({ head }) => head),
    chars: NO_LINES,
    colAligns: columns.map(({ align = 'left' }) => align),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  for (const row of rows) made.push([...row]);
  return lines(made.toString());
}

/** Names and what they are, one a line. */
export function fields(rows: readonly (readonly [string, string])[]): string {
  const made = new Table({
    chars: NO_LINES,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  for (const [name, value] of rows) made.push([`${name}:`, value]);
  return lines(made.toString());
}

/**
 * What came from elsewhere, as text that cannot steer a terminal: names of
 * streams and messages of events are anybody's.
 */
export function plain(text: string): string {
  return text.replace(CONTROLS, ' ').trim();
}

function lines(text: string): string {
  const trimmed = text.split('\n').map((line) => line.trimEnd());
  return `${trimmed.join('\n')}\n`;
}
