import { CLUSTER } from '../document/call.ts';

export const REPLICAS_ROUTE = `${CLUSTER}/replicas`;
export const DRAIN_ROUTE = `${CLUSTER}/workers/:worker/drain`;

/** What only an admin who has logged in may ask for, or who sits at the machine. */
export const ACTION_ROUTES: ReadonlySet<string> = new Set([REPLICAS_ROUTE, DRAIN_ROUTE]);
