import { pino } from 'pino';
import { Authority, type AuthorityEvent } from '../authority.ts';
import type { AuthorityTimes } from '../authority-step.ts';
import { MemoryStore } from './memory-store.ts';

export const MINUTE_MS = 60_000;
/** All of a life within the hour by which certificates are backdated, so that
 * those of a time to come are valid on the real clock, too. */
export const SHORT_TIMES: AuthorityTimes = {
  caLifetimeMs: 30 * MINUTE_MS,
  leafLifetimeMs: 10 * MINUTE_MS,
  overlapMs: 5 * MINUTE_MS,
};
export const LIVE = { namespace: 'media', cluster: 'live' };
export const SECRET = { namespace: 'sys', name: 'ca' };
export const silent = pino({ enabled: false });

/** Authorities of several operators on one Secret. */
export class AuthorityRig {
  readonly store = new MemoryStore();
  readonly events: AuthorityEvent[] = [];

  authority(times = SHORT_TIMES): Authority {
    return new Authority({
      ...SECRET,
      store: this.store,
      log: silent,
      times,
      onEvent: (event) => this.events.push(event),
    });
  }

  /** The Secret's keys now. */
  async keys(): Promise<string[]> {
    const stored = await this.store.read(SECRET.namespace, SECRET.name);
    return Object.keys(stored?.data ?? {}).sort();
  }

  break(data: Readonly<Record<string, string>>): void {
    this.store.put(SECRET.namespace, SECRET.name, data);
  }

  remove(): void {
    this.store.remove(SECRET.namespace, SECRET.name);
  }
}
