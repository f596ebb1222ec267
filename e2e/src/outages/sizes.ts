import { PROTOCOLS } from '../clients/checked-viewer.ts';

const SECONDS = Number(process.env['OUTAGE_SECONDS'] ?? 300);

/** How long things are away in `make long`; OUTAGE_SECONDS makes it shorter, for trying:
 * not below 30, for which newcomers may be kept off a worker. */
export const OUTAGE_MS = SECONDS * 1_000;
/** How long things hang. */
export const HUNG_MS = Math.min(60_000, OUTAGE_MS);

export const WORKERS = 4;
export const SITE = { streams: 20, viewers: 60, seconds: SECONDS + 600 };
export const NEWCOMERS = { protocols: PROTOCOLS, everyMs: 1_000 };
export const HEALS_MS = 12_000;
