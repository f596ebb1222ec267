const GAP = '  ';

/** Rows as aligned columns: the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map((row) => line(row, widths)).join('\n');
}

function line(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((cell, i) => {
    const width = widths[i] ?? 0;
    return i === 0 ? cell.padEnd(width) : cell.padStart(width);
  });
  return cells.join(GAP).trimEnd();
}
