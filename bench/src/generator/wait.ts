import { setTimeout as sleep } from 'node:timers/promises';

export { sleep };

const POLL_MS = 20;

/** Waits for a condition; rejects with what was waited for. */
export async function patiently(
  what: string,
  patienceMs: number,
  probe: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await probe())) {
    if (performance.now() > deadline) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await sleep(POLL_MS);
  }
}
