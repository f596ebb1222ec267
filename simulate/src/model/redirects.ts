import {
  LANDED_WINDOW_MS,
  viewerTarget,
  type Random,
  type ServerLoad,
} from '@streamcluster/placement';
import type { Cluster } from './cluster.ts';
import type { SimStream, SimWorker, ViewerKind } from './parts.ts';
import type { Reports } from './reports.ts';

export interface RedirectOptions {
  readonly maxImbalance: number;
}

/**
 * What each worker does with a viewer who lands on it in redirect mode. It knows
 * the last reports, and whom it sent where since then, not what others sent.
 */
export class Redirects {
  private readonly cluster: Cluster;
  private readonly reports: Reports;
  private readonly random: Random;
  private readonly options: RedirectOptions;
  /** By target, by sender: viewers sent since the target's report. */
  private readonly sent = new Map<SimWorker, Map<SimWorker, number>>();
  private readonly servers = new Map<SimWorker, KnownServer>();
  /** Who landed where lately, by stream. */
  private readonly landings = new Map<SimWorker, Map<SimStream, number[]>>();
  private sender: SimWorker | undefined;

  constructor(cluster: Cluster, reports: Reports, random: Random, options: RedirectOptions) {
    this.cluster = cluster;
    this.reports = reports;
    this.random = random;
    this.options = options;
  }

  /** A report of it knows of all who were sent before. */
  reported(worker: SimWorker): void {
    this.sent.get(worker)?.clear();
  }

  /** A viewer lands on a worker. */
  landed(here: SimWorker, stream: SimStream, nowMs: number): void {
    const streams = this.landings.get(here) ?? new Map<SimStream, number[]>();
    const times = streams.get(stream) ?? [];
    times.push(nowMs);
    while ((times[0] ?? nowMs) < nowMs - LANDED_WINDOW_MS) times.shift();
    streams.set(stream, times);
    this.landings.set(here, streams);
  }

  /** `senders`: how many workers send as this one does. */
  target(here: SimWorker, stream: SimStream, kind: ViewerKind, senders: number): SimWorker {
    this.sender = here;
    const { meanLoad } = this.reports;
    const landed = this.landings.get(here)?.get(stream)?.length ?? 0;
    const hasStream = stream.parts.get(here)?.isRead === true;
    const { worker: id } = viewerTarget({
      here: { id: here.id, load: here.load, landed, hasStream },
      ...{ meanLoad, bitsPerSecond: stream.bitsPerSecond, viewerLoad: stream.viewerLoad[kind] },
      servers: this.serversOf(stream, senders),
      ...{ maxImbalance: this.options.maxImbalance, random: this.random },
    });
    const target = this.cluster.worker(id) ?? here;
    if (target !== here) this.note(here, target);
    return target;
  }

  private serversOf(stream: SimStream, senders: number): ServerLoad[] {
    const serving = [...stream.servers].filter(({ serves }) => serves);
    // Who comes to one that is to be replaced would have to connect again.
    const staying = serving.filter(({ isOutdated }) => !isOutdated);
    return (staying.length > 0 ? staying : serving).map((worker) => this.known(worker, senders));
  }

  private known(worker: SimWorker, senders: number): KnownServer {
    const sentTo = (one: SimWorker): number => this.sentBy(this.sender, one);
    const known = this.servers.get(worker) ?? new KnownServer(worker, this.reports, sentTo);
    this.servers.set(worker, known);
    known.senders = senders;
    return known;
  }

  private sentBy(sender: SimWorker | undefined, target: SimWorker): number {
    return sender === undefined ? 0 : (this.sent.get(target)?.get(sender) ?? 0);
  }

  private note(sender: SimWorker, target: SimWorker): void {
    const senders = this.sent.get(target) ?? new Map<SimWorker, number>();
    senders.set(sender, (senders.get(sender) ?? 0) + 1);
    this.sent.set(target, senders);
  }
}

/** A server as whoever asks knows it; made once, since crowds ask often. */
class KnownServer implements ServerLoad {
  readonly id: string;
  senders = 1;
  private readonly worker: SimWorker;
  private readonly reports: Reports;
  private readonly sentTo: (worker: SimWorker) => number;

  constructor(worker: SimWorker, reports: Reports, sentTo: (worker: SimWorker) => number) {
    this.id = worker.id;
    this.worker = worker;
    this.reports = reports;
    this.sentTo = sentTo;
  }

  get load(): number {
    return this.reports.loadOf(this.worker);
  }

  get sentViewers(): number {
    return this.sentTo(this.worker) * this.senders;
  }
}
