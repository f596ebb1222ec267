import { withoutReplicas } from '@streamcluster/placement';
import type { Logger } from 'pino';
import { placeOfClaim, type Claim } from './claim.ts';
import type { Claims } from './claims.ts';
import type { Directory } from './directory.ts';
import type { Peers, ServeAnswer, ServeCall, ServeResult } from './peers.ts';
import { isSameServers } from './place.ts';
import type { Workers } from './workers.ts';

export interface MovesOptions {
  readonly workers: Workers;
  readonly directory: Directory;
  readonly claims: Claims;
  readonly peers: Peers;
  readonly log: Logger;
}

interface Running {
  readonly call: ServeCall;
  readonly answer: Promise<ServeAnswer>;
}

/**
 * Changes who serves the streams whose ingest worker this is. Whoever is new is
 * made warm first: it has all of the stream when the directory says that it
 * serves, so that nobody who follows the directory there has to wait.
 */
export class Moves {
  private readonly options: MovesOptions;
  private readonly running = new Map<string, Running>();

  constructor(options: MovesOptions) {
    this.options = options;
  }

  /** May be called again: what is so already is said to be so. */
  async serve(call: ServeCall): Promise<ServeAnswer> {
    const running = this.running.get(call.stream);
    if (running !== undefined) {
      return isSameCall(running.call, call) ? await running.answer : this.answer(call, 'busy');
    }
    const answer = this.run(call).finally(() => this.running.delete(call.stream));
    this.running.set(call.stream, { call, answer });
    return await answer;
  }

  private async run(call: ServeCall): Promise<ServeAnswer> {
    const { claims, log } = this.options;
    const claim = claims.get(call.stream);
    if (claim === undefined) return this.answer(call, 'not-ingest');
    const refusal = this.refusal(call, claim);
    if (refusal !== undefined) return this.answer(call, refusal);
    const from = placeOfClaim(claim, this.self);
    const notReady = await this.warm(call, claim);
    const servers = { home: call.home, replicas: withoutReplicas(call.replicas, notReady) };
    const isLess = notReady.size > 0 && isSameServers(servers, from);
    if (notReady.has(call.home) || isLess) return this.answer(call, 'target-not-ready', notReady);
    const result = await this.write(call, claim, servers);
    const { stream, reason } = call;
    log.info({ stream, reason, result, from, to: servers }, 'servers of a stream changed');
    return this.answer(call, result, notReady);
  }

  /** Why not; undefined: nothing speaks against it. */
  private refusal(call: ServeCall, claim: Claim): ServeResult | undefined {
    if (isSameServers(call, claim)) return 'unchanged';
    if (!this.isValid(call)) return 'invalid';
    // An entry without us as its ingest worker, or none: ours is not written yet.
    if (!claim.isConfirmed) return 'directory-unavailable';
    return call.epoch === claim.epoch ? undefined : 'newer-epoch';
  }

  private isValid({ home, replicas }: ServeCall): boolean {
    const { workers } = this.options;
    const servers = [home, ...replicas];
    const areKnown = servers.every((one) => one === this.self || workers.get(one) !== undefined);
    return areKnown && new Set(servers).size === servers.length && !replicas.includes(this.self);
  }

  /** The home first: replicas pull from it. Returns who did not get ready. */
  private async warm(call: ServeCall, claim: Claim): Promise<ReadonlySet<string>> {
    // Where no worker pulls from the publisher's, none has viewers to wait for.
    if ((claim.stream.viewerCounts()['relay'] ?? 0) === 0) return this.dead(call);
    const known = new Set([this.self, claim.home, ...claim.replicas]);
    const { home, replicas } = call;
    const notReady = new Set<string>();
    // A replica that becomes home has the stream, but from elsewhere.
    const isHomeNew = home !== claim.home && home !== this.self;
    if (isHomeNew && !(await this.isReady(home, call))) return notReady.add(home);
    const added = replicas.filter((one) => !known.has(one));
    const answers = await Promise.all(added.map((one) => this.isReady(one, call)));
    for (const [index, isReady] of answers.entries()) {
      const worker = added[index];
      if (!isReady && worker !== undefined) notReady.add(worker);
    }
    return notReady;
  }

  private dead({ home, replicas }: ServeCall): ReadonlySet<string> {
    const { workers } = this.options;
    return new Set([home, ...replicas].filter((one) => !workers.isAlive(one)));
  }

  private async isReady(worker: string, call: ServeCall): Promise<boolean> {
    const { workers, peers, log } = this.options;
    const sighting = workers.get(worker);
    if (sighting === undefined || !workers.isAlive(worker)) return false;
    const { stream, epoch, home, replicas } = call;
    const prepare = { stream, epoch: epoch + 1, ingestWorker: this.self, home, replicas };
    try {
      const reason = await peers.prepare(sighting.grpcAddress, prepare);
      if (reason !== undefined)
        log.info({ stream, worker, reason }, 'worker is not ready to serve');
      return reason === undefined;
    } catch (error) {
      const fields = { stream, worker, err: error, code: 'PEER_UNREACHABLE' };
      log.info(fields, 'worker that is to serve does not answer');
      return false;
    }
  }

  private async write(
    call: ServeCall,
    claim: Claim,
    servers: Pick<ServeCall, 'home' | 'replicas'>,
  ): Promise<ServeResult> {
    const { claims } = this.options;
    // It may have been released, or replaced its dead servers, meanwhile.
    if (claims.get(call.stream) !== claim) return 'not-ingest';
    if (claim.epoch !== call.epoch) return 'newer-epoch';
    const result = await claims.serveBy(claim, servers, call.epoch);
    if (result === 'kept') return 'newer-epoch';
    return result === 'unavailable' ? 'directory-unavailable' : result;
  }

  private answer(
    { stream }: ServeCall,
    result: ServeResult,
    notReady: ReadonlySet<string> = new Set(),
  ): ServeAnswer {
    const { claims, directory } = this.options;
    const claim = claims.get(stream);
    const place = claim === undefined ? directory.get(stream) : placeOfClaim(claim, this.self);
    return { result, place, notReady: [...notReady] };
  }

  private get self(): string {
    return this.options.workers.self;
  }
}

function isSameCall(one: ServeCall, other: ServeCall): boolean {
  return one.epoch === other.epoch && isSameServers(one, other);
}
