import type { StreamName } from '../media/stream-name.ts';
import type { RelayQuery } from './relay-door.ts';
import type { RelayRequest } from './peers.ts';

/** As options.ts takes it. */
const WORKER_ID = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** What stands behind the `?` of a relay's request, as it is written and read. */
export function relayQueryString(request: RelayRequest): string {
  const { worker, epoch, fromSequence, isFromIngest, isServer, isSentOn } = request;
  const from = fromSequence === undefined ? '' : `&from=${fromSequence}`;
  const flags = { ingest: isFromIngest, server: isServer, sent: isSentOn };
  const set = Object.entries(flags).flatMap(([flag, isSet]) => (isSet ? [`&${flag}`] : []));
  return `worker=${worker}&epoch=${epoch}${from}${set.join('')}`;
}

export interface ParsedRelayQuery extends RelayQuery {
  /** Undefined: from the oldest segment that playlists show. */
  readonly fromSequence: number | undefined;
}

/** Undefined when it does not say who asks. */
export function parseRelayQuery(name: StreamName, text: string): ParsedRelayQuery | undefined {
  const query = new URLSearchParams(text);
  const worker = query.get('worker') ?? '';
  if (!WORKER_ID.test(worker)) return undefined;
  return {
    name,
    worker,
    epoch: countOf(query.get('epoch')) ?? 0,
    fromSequence: countOf(query.get('from')),
    isFromIngest: query.has('ingest'),
    isServer: query.has('server'),
    isSentOn: query.has('sent'),
  };
}

function countOf(text: string | null): number | undefined {
  if (text === null || !/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
