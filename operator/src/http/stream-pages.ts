import type { Clock, Timer } from '../clock.ts';
import { OperatorError } from '../errors.ts';
import type { StreamView } from '../fleet/stream-view.ts';
import { streamItem, type StreamItem } from './stream-item.ts';
import type { ClusterView } from './view.ts';

const DEFAULT_LIMIT = 500;
const MAX_LIMIT = 5_000;
/** How long the next page may take to be asked for before all is listed anew. */
const KEEP_MS = 10_000;

/** As they stand in the query string. */
export interface PageQuery {
  readonly limit?: string;
  readonly continue?: string;
}

export interface StreamPage {
  readonly items: readonly StreamItem[];
  /** Of all pages. */
  readonly total: number;
  /** To be given for the next page; absent: this is the last one. */
  readonly continue?: string;
}

interface Snapshot {
  readonly streams: readonly StreamView[];
  readonly timer: Timer;
}

/**
 * Streams page by page. Listing 100,000 of them takes half a second, so later
 * pages come from the listing of the first one. A page goes on after the name
 * that the one before ended with: what is published or ends between pages
 * neither shifts nor repeats others.
 */
export class StreamPages {
  private readonly clock: Clock;
  private readonly snapshots = new Map<string, Snapshot>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  close(): void {
    for (const { timer } of this.snapshots.values()) timer.clear();
    this.snapshots.clear();
  }

  /** Throws REQUEST_INVALID. */
  page(view: ClusterView, query: PageQuery): StreamPage {
    const limit = limitOf(query.limit);
    const after = query.continue === undefined ? undefined : nameOf(query.continue);
    const { namespace, name } = view.resource.metadata;
    const key = `${namespace}/${name}`;
    const kept = after === undefined ? undefined : this.snapshots.get(key)?.streams;
    const streams = kept ?? view.streams();
    const start = after === undefined ? 0 : indexAfter(streams, after);
    const items = streams.slice(start, start + limit);
    const last = items.at(-1);
    const isLast = last === undefined || start + items.length >= streams.length;
    if (isLast) this.drop(key);
    else this.keep(key, streams);
    const page = { items: items.map(streamItem), total: streams.length };
    return isLast ? page : { ...page, continue: tokenOf(last.name) };
  }

  private keep(key: string, streams: readonly StreamView[]): void {
    this.drop(key);
    const timer = this.clock.setTimer(KEEP_MS, () => this.snapshots.delete(key));
    this.snapshots.set(key, { streams, timer });
  }

  private drop(key: string): void {
    this.snapshots.get(key)?.timer.clear();
    this.snapshots.delete(key);
  }
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new OperatorError('REQUEST_INVALID', `limit must be 1 to ${MAX_LIMIT}`);
}

/** In the order of streams(), also where that stream is no more. */
function indexAfter(streams: readonly StreamView[], name: string): number {
  const index = streams.findIndex((stream) => stream.name.localeCompare(name) > 0);
  return index < 0 ? streams.length : index;
}

function tokenOf(name: string): string {
  return Buffer.from(name).toString('base64url');
}

function nameOf(token: string): string {
  const name = Buffer.from(token, 'base64url').toString();
  if (name !== '' && tokenOf(name) === token) return name;
  throw new OperatorError('REQUEST_INVALID', 'continue is not of an earlier page');
}
