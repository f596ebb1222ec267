import type { BannedVisitor, SessionInfo } from '@streamcluster/proto';
import type { Logger } from 'pino';
import type { SessionControl } from '../control/worker-control.ts';
import { OperatorError } from '../errors.ts';
import type { WorkerSighting } from '../fleet/fleet.ts';
import type { Bans } from './bans.ts';
import { inParallel } from './in-parallel.ts';

/** One play or publish. */
interface SessionItem {
  readonly id: string;
  readonly stream: string;
  readonly action: string;
  readonly protocol: string;
  readonly address: string;
  readonly userAgent: string;
  /** Whom the token names; empty without one. */
  readonly subject: string;
  readonly isEncrypted: boolean;
  readonly startedUnixMs: number;
  readonly bytes: number;
  readonly areBytesEstimated: boolean;
  readonly skips: number;
  /** W3C trace context; empty without. */
  readonly traceId: string;
  /** Where it is: a player of HLS may have asked several. */
  readonly workers: readonly string[];
}

export interface SessionPage {
  /** In the order of ids. */
  readonly items: readonly SessionItem[];
  /** Of all pages, as workers count them. */
  readonly total: number;
  /** Of the next page; absent: this is the last one. */
  readonly page?: string;
  /** Workers that did not answer. */
  readonly unreached: readonly string[];
}

export interface SessionQuery {
  /** As `app/name`; empty: of all streams. */
  readonly stream: string;
  readonly limit: number;
  readonly after: string;
}

export interface KickQuery {
  readonly stream: string;
  readonly id: string;
  /** 0: it may come back at once. */
  readonly banSeconds: number;
}

/** Whom it was about, and until when he is refused. */
interface BanItem {
  readonly address: string;
  readonly userAgent: string;
  readonly subject: string;
  readonly untilUnixMs: number;
}

export interface KickAnswer {
  readonly id: string;
  readonly stream: string;
  /** Who had it. */
  readonly workers: readonly string[];
  readonly ban: BanItem | null;
  /** Workers that did not answer; they hear of a ban later. */
  readonly unreached: readonly string[];
}

export interface SessionDeskOptions {
  readonly sightings: () => readonly WorkerSighting[];
  readonly control: SessionControl;
  readonly bans: Bans;
  /** Workers are to be told of bans that they missed. */
  readonly onMissed: () => void;
  readonly log: Logger;
}

/** Workers that are asked at the same time. */
const AT_ONCE = 16;

interface Answered<Answer> {
  readonly worker: string;
  /** Undefined: it did not. */
  readonly answer: Answer | undefined;
}

/** Who publishes and watches, on all workers. */
export class SessionDesk {
  private readonly options: SessionDeskOptions;

  constructor(options: SessionDeskOptions) {
    this.options = options;
  }

  async list(query: SessionQuery): Promise<SessionPage> {
    const { control } = this.options;
    const answers = await this.ask(
      this.workers().filter((sighting) => mayHave(sighting, query.stream)),
      (address) => control.listSessions(address, query),
    );
    const found = answers.flatMap(({ worker, answer }) =>
      (answer?.sessions ?? []).map((info) => ({ worker, info })),
    );
    const items = merged(found).slice(0, query.limit);
    const last = items.at(-1);
    return {
      items,
      total: answers.reduce((sum, { answer }) => sum + (answer?.total ?? 0), 0),
      ...(last !== undefined && items.length === query.limit && { page: last.id }),
      unreached: unreachedOf(answers),
    };
  }

  /** Rejects with NOT_FOUND. */
  async kick({ stream, id, banSeconds }: KickQuery): Promise<KickAnswer> {
    const { control, log } = this.options;
    const workers = this.workers();
    const answers = await this.ask(workers, (address) =>
      control.kick(address, { stream, id, banSeconds }),
    );
    const having = answers.filter(({ answer }) => answer?.found === true);
    if (having.length === 0) throw new OperatorError('NOT_FOUND', `session ${id} of ${stream}`);
    const banned = having.find(({ answer }) => answer?.banned !== undefined)?.answer?.banned;
    const missed = banned === undefined ? [] : await this.ban(workers, banned);
    const kicked = having.map(({ worker }) => worker);
    log.info({ session: id, stream, workers: kicked, banSeconds }, 'session kicked');
    return {
      ...{ id, stream, workers: kicked },
      ban: banned === undefined ? null : { ...banned, untilUnixMs: Number(banned.untilUnixMs) },
      unreached: [...new Set([...unreachedOf(answers), ...missed])],
    };
  }

  /** Tells all; those who do not hear are told later. */
  private async ban(workers: readonly WorkerSighting[], visitor: BannedVisitor): Promise<string[]> {
    const { control, bans, onMissed } = this.options;
    bans.add(visitor);
    const answers = await this.ask(workers, (address) => control.ban(address, { visitor }));
    const missed = unreachedOf(answers);
    for (const worker of missed) bans.missed.add(worker);
    if (missed.length > 0) onMissed();
    return missed;
  }

  private workers(): WorkerSighting[] {
    return this.options.sightings().filter(({ isSilent }) => !isSilent);
  }

  private ask<Answer>(
    workers: readonly WorkerSighting[],
    act: (address: string) => Promise<Answer>,
  ): Promise<Answered<Answer>[]> {
    return inParallel(workers, AT_ONCE, async ({ id: worker, report }) => {
      try {
        return { worker, answer: await act(report.grpcAddress) };
      } catch (error) {
        this.options.log.info({ worker, err: error, code: 'WORKER_UNREACHABLE' }, 'not answered');
        return { worker, answer: undefined };
      }
    });
  }
}

/** By its last report, where that has all of its streams. */
function mayHave({ report }: WorkerSighting, stream: string): boolean {
  const { topStreams, topStreamsTruncated, streams } = report;
  if (stream === '' || topStreamsTruncated || streams !== topStreams.length) return true;
  return topStreams.some(({ name }) => name === stream);
}

function unreachedOf(answers: readonly Answered<unknown>[]): string[] {
  return answers.filter(({ answer }) => answer === undefined).map(({ worker }) => worker);
}

interface Found {
  readonly worker: string;
  readonly info: SessionInfo;
}

/** One for each id, in their order. */
function merged(found: readonly Found[]): SessionItem[] {
  const items = new Map<string, SessionItem>();
  for (const { worker, info } of found) {
    const key = `${info.id} ${info.stream}`;
    const before = items.get(key);
    items.set(
      key,
      before === undefined ? itemOf(worker, info) : both(before, itemOf(worker, info)),
    );
  }
  return [...items.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function both(one: SessionItem, other: SessionItem): SessionItem {
  return {
    ...one,
    startedUnixMs: Math.min(one.startedUnixMs, other.startedUnixMs),
    bytes: one.bytes + other.bytes,
    skips: one.skips + other.skips,
    workers: [...one.workers, ...other.workers],
  };
}

function itemOf(worker: string, info: SessionInfo): SessionItem {
  const { encrypted, startedUnixMs, bytes, bytesEstimated, ...same } = info;
  return {
    ...same,
    isEncrypted: encrypted,
    startedUnixMs: Number(startedUnixMs),
    bytes: Number(bytes),
    areBytesEstimated: bytesEstimated,
    workers: [worker],
  };
}
