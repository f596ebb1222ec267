/**
 * Sum of a series over its labels in the Prometheus text format, or of those
 * whose labels hold a text; NaN without any.
 */
export function metric(text: string, name: string, label = ''): number {
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => line.includes(label));
  if (lines.length === 0) return Number.NaN;
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** What a worker's own port on this machine says. */
export function scrape(adminPort: number): Promise<string> {
  return scrapeAt(`127.0.0.1:${adminPort}`);
}

/** The same of a worker anywhere, `host:port`. */
export async function scrapeAt(address: string): Promise<string> {
  return (await fetch(`http://${address}/metrics`)).text();
}
