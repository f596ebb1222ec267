import type { Readable } from 'node:stream';

/** Longer lines are cut: nobody's output may fill our memory. */
const MAX_LINE_CHARACTERS = 64 * 1024;

/** Calls back for each line of a stream, also for a last one without an end. */
export function onLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARACTERS);
    for (const line of lines) onLine(line.slice(0, MAX_LINE_CHARACTERS));
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}
