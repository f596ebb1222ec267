import {
  intakeLoad,
  RELAY_FAN_OUT,
  upstreamsOf,
  type StreamServers,
} from '@streamcluster/placement';
import { Part, SimStream, SimWorker, type ViewerKind } from './parts.ts';

const INTAKE_LOAD = intakeLoad();

/**
 * Workers, streams and who pulls what from whom. Keeps loads right with every
 * change: a relay exists as long as somebody reads from it.
 */
export class Cluster {
  /** Those who are gone among them. */
  readonly workers: SimWorker[] = [];
  readonly streams: SimStream[] = [];
  /** Connections between workers now: relays, and homes that pull from ingest workers. */
  relays = 0;
  private readonly byId = new Map<string, SimWorker>();

  addWorker(): SimWorker {
    const worker = new SimWorker(this.workers.length);
    this.workers.push(worker);
    this.byId.set(worker.id, worker);
    return worker;
  }

  worker(id: string): SimWorker | undefined {
    return this.byId.get(id);
  }

  get alive(): SimWorker[] {
    return this.workers.filter(({ isAlive }) => isAlive);
  }

  publish(bitsPerSecond: number, ingest: SimWorker, home: SimWorker): SimStream {
    const stream = new SimStream(this.streams.length, bitsPerSecond, ingest, home);
    this.streams.push(stream);
    this.take(stream, ingest);
    return stream;
  }

  /** One more viewer; the worker pulls the stream if it must. */
  join(stream: SimStream, worker: SimWorker, kind: ViewerKind): Part {
    const part = this.partOf(stream, worker);
    part[kind] += 1;
    worker.load += stream.viewerLoad[kind];
    this.pull(part);
    return part;
  }

  leave(part: Part, kind: ViewerKind): void {
    part[kind] -= 1;
    part.worker.load -= part.stream.viewerLoad[kind];
    this.dropUnread(part);
  }

  /** The publisher is at another worker now. */
  setIngest(stream: SimStream, ingest: SimWorker): void {
    if (stream.ingest === ingest) return;
    const before = stream.parts.get(stream.ingest);
    stream.ingest = ingest;
    this.take(stream, ingest);
    if (before !== undefined) {
      before.worker.load -= INTAKE_LOAD;
      this.pull(before);
      this.dropUnread(before);
    }
    this.rewire(stream);
  }

  setServers(stream: SimStream, home: SimWorker, replicas: readonly SimWorker[]): void {
    stream.setServers(home, replicas);
    this.rewire(stream);
  }

  /** All that it had is gone; its viewers must have left. Whose streams it was
   * in must be given new servers, or be rewired. */
  kill(worker: SimWorker): SimStream[] {
    worker.isAlive = false;
    const parts = [...worker.parts];
    for (const part of parts) {
      for (const other of part.stream.parts.values()) {
        if (other.upstream === part) this.detach(other);
      }
      this.release(part);
      part.stream.parts.delete(worker);
      worker.parts.delete(part);
    }
    worker.load = 0;
    return parts.map(({ stream }) => stream);
  }

  /** Whoever pulls from a worker that is not to feed it any more, or that feeds
   * too many, goes elsewhere. */
  rewire(stream: SimStream): void {
    const order = this.serversOf(stream);
    const { servers } = stream;
    const parts = [...stream.parts.values()];
    // Servers first, so that the others find them ready.
    for (const part of parts) if (servers.has(part.worker)) this.reattach(part, order);
    for (const part of parts) if (!servers.has(part.worker)) this.reattach(part, order);
  }

  private reattach(part: Part, order: StreamServers): void {
    const { upstream, worker } = part;
    if (upstream === undefined) {
      this.pull(part);
      return;
    }
    const candidates = upstreamsOf(worker.id, order);
    const isRight = upstream.worker.isAlive && candidates.includes(upstream.worker.id);
    if (isRight && (upstream.relays <= RELAY_FAN_OUT || candidates.length === 1)) return;
    this.release(part);
    this.pull(part);
  }

  private serversOf({ ingest, home, replicas }: SimStream): StreamServers {
    return { ingest: ingest.id, home: home.id, replicas: replicas.map(({ id }) => id) };
  }

  private partOf(stream: SimStream, worker: SimWorker): Part {
    const existing = stream.parts.get(worker);
    if (existing !== undefined) return existing;
    const part = new Part(worker, stream);
    stream.parts.set(worker, part);
    worker.parts.add(part);
    return part;
  }

  /** The publisher's messages arrive here. */
  private take(stream: SimStream, ingest: SimWorker): void {
    const part = this.partOf(stream, ingest);
    this.release(part);
    ingest.load += INTAKE_LOAD;
  }

  /** Attaches to the first upstream that has room, if there is a reader and no upstream yet. */
  private pull(part: Part): void {
    if (part.isIngest || part.upstream !== undefined || !part.isRead) return;
    const { stream, worker } = part;
    const found = this.upstreamFor(part);
    if (found === undefined) return;
    const upstream = this.partOf(stream, found);
    part.upstream = upstream;
    upstream.relays += 1;
    found.load += stream.relayLoad;
    worker.load += INTAKE_LOAD;
    this.relays += 1;
    this.pull(upstream);
  }

  /** Before there are replicas enough somebody feeds more than it should. */
  private upstreamFor({ worker, stream }: Part): SimWorker | undefined {
    let first: SimWorker | undefined;
    for (const id of upstreamsOf(worker.id, this.serversOf(stream))) {
      const server = this.byId.get(id);
      if (server?.isAlive !== true) continue;
      if ((stream.parts.get(server)?.relays ?? 0) < RELAY_FAN_OUT) return server;
      first ??= server;
    }
    return first;
  }

  /** The same, and what nobody reads then is let go as well. */
  private release(part: Part): void {
    const { upstream } = part;
    this.detach(part);
    if (upstream !== undefined) this.dropUnread(upstream);
  }

  private detach(part: Part): void {
    const { upstream, stream, worker } = part;
    if (upstream === undefined) return;
    part.upstream = undefined;
    upstream.relays -= 1;
    upstream.worker.load -= stream.relayLoad;
    worker.load -= INTAKE_LOAD;
    this.relays -= 1;
  }

  /** Nobody reads here any more: its upstream is let go, and so on. */
  private dropUnread(part: Part): void {
    if (part.isRead || part.isIngest) return;
    part.stream.parts.delete(part.worker);
    part.worker.parts.delete(part);
    this.release(part);
  }
}
