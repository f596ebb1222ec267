import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 20;

/** Looks until there is something; fails with `what` after the time. */
export async function eventually<Value>(
  what: string,
  timeoutMs: number,
  look: () => Value | Promise<Value>,
): Promise<NonNullable<Exclude<Value, false>>> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) {
      return found as NonNullable<Exclude<Value, false>>;
    }
    if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await sleep(LOOK_MS);
  }
}
