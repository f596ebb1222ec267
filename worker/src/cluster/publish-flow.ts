import type { Logger } from 'pino';
import { WorkerError } from '../errors.ts';
import type { StreamName } from '../media/stream-name.ts';
import type { Clock } from '../stream/clock.ts';
import { MAX_BRANCHES } from '../formats/relay/hello.ts';
import { parseContinuation, type Continuation } from '../stream/continuation.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import { LocalPublication, type Claim } from './claim.ts';
import type { Claims } from './claims.ts';
import type { ChangeResult, Directory } from './directory.ts';
import type { DirectoryEntry } from '@streamcluster/proto';
import type { HomeChoice } from './home-choice.ts';
import { lookUntil } from './look-until.ts';
import { RELEASE_NEWER_EPOCH, type Peers, type ReleaseAnswer } from './peers.ts';
import type { Publication, Publisher } from './stream-access.ts';
import type { Workers, WorkerSighting } from './workers.ts';

export interface PublishFlowOptions {
  readonly workers: Workers;
  readonly directory: Directory;
  readonly peers: Peers;
  readonly streams: StreamRegistry;
  readonly claims: Claims;
  readonly homes: HomeChoice;
  readonly clock: Clock;
  readonly log: Logger;
  /** The stream's publisher is here now: its relay, if any, is let go. */
  readonly stopFollowing: (name: StreamName) => void;
}

interface TakeOver {
  /** Undefined: nobody knows, or our own stream goes on. */
  readonly continuation: Continuation | undefined;
}

type Claimed = Omit<DirectoryEntry, 'nonce'> & Pick<Claim, 'isConfirmed' | 'replaces'>;

/** How often another worker's claim may come in between. */
const MAX_ATTEMPTS = 4;
/**
 * When the ingest worker died, other copies may be some frames ahead of ours:
 * numbers and time go on behind what they can have.
 */
const LOST_FRAMES = 1_000;
const LOST_MS = 500;
/** A load report comes in this time from whoever lives. */
const HEAR = { withinMs: 2_500, everyMs: 50 };
/** Of workers that may have followed a stream. */
const ASKED_AT_ONCE = 32;

/**
 * What happens between a client's publish and its first frame: whoever had the
 * stream before hands it over, the home is chosen, the directory is claimed.
 */
export class PublishFlow {
  private readonly options: PublishFlowOptions;
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(options: PublishFlowOptions) {
    this.options = options;
  }

  /** One at a time for each stream. */
  async publish(name: StreamName, publisher: Publisher): Promise<Publication> {
    const before = this.turns.get(name.key) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => this.run(name, publisher));
    this.turns.set(name.key, turn);
    try {
      return await turn;
    } finally {
      if (this.turns.get(name.key) === turn) this.turns.delete(name.key);
    }
  }

  private async run(name: StreamName, publisher: Publisher): Promise<Publication> {
    this.replaceLocal(name);
    let continuation: Continuation | undefined;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const entry = await this.entryOf(name);
      const taken = await this.takeOver(name, entry);
      if (taken === undefined) continue;
      // Who handed the stream over may have nothing of it when it is asked again.
      continuation = taken.continuation ?? continuation;
      const servers = await this.options.homes.choose(name.key, entry);
      const claimed = await this.claim(name, entry, servers);
      if (claimed !== undefined) return this.start(name, publisher, { claimed, continuation });
    }
    throw new WorkerError('STREAM_BUSY', name.key);
  }

  /** A publisher of ours that is alive refuses; one that is half-open goes. */
  private replaceLocal(name: StreamName): void {
    const { claims, log } = this.options;
    const publication = claims.get(name.key)?.publication;
    if (publication === undefined) return;
    if (publication.isAlive) throw new WorkerError('STREAM_BUSY', name.key);
    publication.revoke('replaced', log);
  }

  /** As of now, or as far as known while the directory does not answer. */
  private async entryOf(name: StreamName): Promise<DirectoryEntry | undefined> {
    const { directory, log } = this.options;
    try {
      return await directory.read(name.key);
    } catch (error) {
      const fields = { stream: name.key, err: error, code: 'DIRECTORY_UNAVAILABLE' };
      log.warn(fields, 'publishing without the directory');
      return directory.get(name.key);
    }
  }

  /** Asks whoever has the stream to let go, and where it stands. */
  private async takeOver(
    name: StreamName,
    entry: DirectoryEntry | undefined,
  ): Promise<TakeOver | undefined> {
    const { self } = this.options.workers;
    if (entry === undefined) return { continuation: undefined };
    if (entry.ingest === self) return { continuation: await this.earlierLife(name, entry) };
    const answer = await this.release(name, entry, entry.ingest);
    if (answer?.isReleased === false) {
      if (answer.reason === RELEASE_NEWER_EPOCH) return undefined;
      throw new WorkerError('STREAM_BUSY', name.key);
    }
    const given = answer === undefined ? undefined : decode(answer.continuation);
    const continuation = given ?? this.ownCopy(name) ?? (await this.copyElsewhere(name, entry));
    return { continuation };
  }

  /** The stream was ours: it goes on here, or, when this process is a new one,
   * where others' copies stand. */
  private async earlierLife(
    name: StreamName,
    entry: DirectoryEntry,
  ): Promise<Continuation | undefined> {
    return this.ownCopy(name) === undefined ? await this.copyElsewhere(name, entry) : undefined;
  }

  private ownCopy(name: StreamName): Continuation | undefined {
    const stream = this.options.streams.get(name);
    if (stream === undefined || stream.state === 'ended' || stream.nextSequence < 0) {
      return undefined;
    }
    return this.behind(stream.continuation());
  }

  /** Who served it has the newest. All servers may be dead, and some who followed it
   * live: their viewers wait for it. */
  private async copyElsewhere(
    name: StreamName,
    entry: DirectoryEntry,
  ): Promise<Continuation | undefined> {
    const { workers } = this.options;
    const asked = new Set([workers.self, entry.ingest]);
    const served = [entry.home, ...entry.replicas].filter((id) => !asked.has(id));
    for (const id of served) asked.add(id);
    const rest = workers.live().flatMap(({ id }) => (asked.has(id) ? [] : [id]));
    for (const ids of [served, ...inPieces(rest, ASKED_AT_ONCE)]) {
      const copy = await this.newestCopy(name, entry, ids);
      if (copy !== undefined) return this.behind(copy);
    }
    return undefined;
  }

  private async newestCopy(
    name: StreamName,
    entry: DirectoryEntry,
    ids: readonly string[],
  ): Promise<Continuation | undefined> {
    const answers = await Promise.all(ids.map((id) => this.release(name, entry, id)));
    return answers
      .flatMap((answer) => (answer === undefined ? [] : [decode(answer.continuation)]))
      .reduce<Continuation | undefined>((best, copy) => {
        return (copy?.nextSequence ?? -1) > (best?.nextSequence ?? -1) ? copy : best;
      }, undefined);
  }

  /** Nobody handed the stream over: whoever had it may go on with it as well. */
  private behind(copy: Continuation): Continuation {
    const { workers, clock } = this.options;
    const { nextSequence, lastDtsMs, branches } = copy;
    const startDtsMs = lastDtsMs < 0 ? lastDtsMs : lastDtsMs + LOST_MS;
    const name = `${workers.self} ${Math.floor(clock.unixMs())}`;
    const branch = { name, startDtsMs: Math.max(0, startDtsMs) };
    return {
      ...copy,
      branches: [...branches, branch].slice(-MAX_BRANCHES),
      nextSequence: nextSequence + LOST_FRAMES,
      lastDtsMs: startDtsMs,
    };
  }

  /** Undefined when the worker does not answer: it counts as dead. */
  private async release(
    name: StreamName,
    entry: DirectoryEntry,
    worker: string,
  ): Promise<ReleaseAnswer | undefined> {
    const { workers, peers, log } = this.options;
    // One that is silent is asked, too: it may be cut off from NATS only.
    const sighting = await this.sightingOf(worker);
    if (sighting === undefined) return undefined;
    try {
      return await peers.release(sighting.grpcAddress, {
        stream: name.key,
        epoch: entry.epoch,
        newIngestWorker: workers.self,
      });
    } catch (error) {
      const fields = { stream: name.key, worker, err: error, code: 'PEER_UNREACHABLE' };
      log.info(fields, 'worker that had the stream does not answer');
      return undefined;
    }
  }

  /** Undefined when it counts as dead. Who just started has not heard everybody
   * yet: that is waited for, or a live publisher would be taken for dead. */
  private async sightingOf(worker: string): Promise<WorkerSighting | undefined> {
    const { workers, clock } = this.options;
    await lookUntil(clock, HEAR, () => {
      return workers.get(worker) !== undefined || !workers.isAlive(worker);
    });
    return workers.get(worker);
  }

  /** Undefined when another claim came in between. */
  private async claim(
    name: StreamName,
    seen: DirectoryEntry | undefined,
    servers: Pick<DirectoryEntry, 'home' | 'replicas'>,
  ): Promise<Claimed | undefined> {
    const { directory, workers, clock, claims } = this.options;
    const epoch =
      Math.max(
        directory.highestEpoch(name.key),
        seen?.epoch ?? 0,
        claims.get(name.key)?.epoch ?? 0,
      ) + 1;
    const publishedUnixMs = Math.floor(clock.unixMs());
    const wanted = { ...servers, ingest: workers.self, epoch, publishedUnixMs };
    const result: ChangeResult = await directory.change(name.key, (current) =>
      isSame(current, seen) ? wanted : 'keep',
    );
    if (result.kind === 'kept') return undefined;
    return { ...wanted, isConfirmed: result.kind === 'done', replaces: seen?.nonce };
  }

  private start(
    name: StreamName,
    publisher: Publisher,
    outcome: TakeOver & { readonly claimed: Claimed },
  ): Publication {
    const { streams, claims, clock, log, stopFollowing } = this.options;
    const { claimed, continuation } = outcome;
    stopFollowing(name);
    const stream = streams.open(name);
    const source = stream.publish(continuation);
    const publication = new LocalPublication(stream, source, publisher, clock);
    const { home, epoch, isConfirmed } = claimed;
    const claim: Claim = { stream, publication, ...claimed };
    this.hold(claims.get(name.key), claim);
    const { protocol, remoteAddress } = publisher;
    const isContinued = continuation !== undefined;
    const fields = { stream: name.key, protocol, remoteAddress, home, epoch, isContinued };
    log.info({ ...fields, isConfirmed }, 'publication opened');
    this.assign(claim);
    return publication;
  }

  private hold(present: Claim | undefined, claim: Claim): void {
    if (present?.stream === claim.stream) Object.assign(present, claim);
    else this.options.claims.add(claim);
    claim.stream.reachEpoch(claim.epoch);
  }

  /** Best effort: the directory tells the home as well. */
  private assign(claim: Claim): void {
    const { workers, peers, log } = this.options;
    const sighting = workers.get(claim.home);
    if (claim.home === workers.self || sighting === undefined) return;
    const stream = claim.stream.name.key;
    const call = { stream, epoch: claim.epoch, ingestWorker: workers.self };
    peers.assign(sighting.grpcAddress, call).catch((error: unknown) => {
      log.info({ stream, home: claim.home, err: error, code: 'PEER_UNREACHABLE' }, 'home not told');
    });
  }
}

function inPieces<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, at) => items.slice(at * size, (at + 1) * size));
}

function isSame(current: DirectoryEntry | undefined, seen: DirectoryEntry | undefined): boolean {
  return current?.nonce === seen?.nonce;
}

function decode(bytes: Uint8Array): Continuation | undefined {
  if (bytes.length === 0) return undefined;
  try {
    return parseContinuation(JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    return undefined;
  }
}
