import type { Logger } from 'pino';
import { WorkerError } from '../errors.ts';
import type { StreamName } from '../media/stream-name.ts';
import type { Clock } from '../stream/clock.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import type { CpuFacts } from '../topology/cpu-facts.ts';
import { Admission, type WorkTotals } from './admission.ts';
import type { Bus } from './bus.ts';
import { Claims } from './claims.ts';
import { Control } from './control.ts';
import { Directory } from './directory.ts';
import { Drain } from './drain.ts';
import { HandOver } from './hand-over.ts';
import { HomeChoice } from './home-choice.ts';
import {
  LoadReports,
  type ProcessFacts,
  type ProcessSample,
  type PublicAddresses,
} from './load-report.ts';
import { Moves } from './moves.ts';
import type { Peers, RelayDialer } from './peers.ts';
import { Preparing } from './preparing.ts';
import { PublishFlow } from './publish-flow.ts';
import type { Random } from './random.ts';
import { Redirects } from './redirects.ts';
import { RelayDoor, type RelayQuery } from './relay-door.ts';
import { RelayGuests, type RelaySeat } from './relay-guests.ts';
import { Relays } from './relays.ts';
import { Releases } from './releases.ts';
import type { Settings } from './settings.ts';
import { StaleEntries } from './stale-entries.ts';
import { Steering } from './steering.ts';
import type {
  Elsewhere,
  NewViewer,
  Publication,
  Publisher,
  StreamAccess,
} from './stream-access.ts';
import { StreamInfos } from './stream-infos.ts';
import { Viewing } from './viewing.ts';
import { Workers } from './workers.ts';

export interface ClusterOptions {
  readonly self: string;
  /** Where a worker's load reports go; `*` for all. */
  readonly loadSubjectOf: (worker: string) => string;
  readonly bus: Bus;
  readonly peers: Peers;
  readonly dialer: RelayDialer;
  readonly streams: StreamRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly settings: Settings;
  readonly facts: ProcessFacts;
  readonly cpuFacts: () => CpuFacts;
  readonly publicAddresses: () => PublicAddresses;
  readonly sample: () => ProcessSample;
  /** Counters of the loop, by which viewers and publishers are admitted. */
  readonly work: () => WorkTotals;
  /** False: the arena has no room for more streams. */
  readonly hasRoom: () => boolean;
  readonly onDraining: (isDraining: boolean) => void;
  /** Nobody new from now on; onDraining(false) takes it back. */
  readonly onRefusing: () => void;
  /** Newcomers are kept off the shared ports for a while, or may come again. */
  readonly onSteered: (isOff: boolean) => void;
  readonly onDrained: () => void;
}

/** One worker's part of the cluster: all pieces, connected. */
export class Cluster implements StreamAccess {
  readonly workers: Workers;
  readonly directory: Directory;
  readonly claims: Claims;
  readonly relays: Relays;
  readonly infos: StreamInfos;
  readonly control: Control;
  readonly drain: Drain;
  readonly steering: Steering;
  readonly reports: LoadReports;
  readonly admission: Admission;
  readonly redirects: Redirects;
  readonly guests: RelayGuests;
  readonly facts: ProcessFacts;
  private readonly options: ClusterOptions;
  private readonly flow: PublishFlow;
  private readonly viewing: Viewing;
  private readonly door: RelayDoor;
  private readonly stale: StaleEntries;

  constructor(options: ClusterOptions) {
    this.options = options;
    this.facts = options.facts;
    const { onDraining, onRefusing, onDrained } = options;
    const isDraining = (): boolean => this.drain.isDraining;
    this.admission = new Admission(options);
    this.steering = new Steering(options);
    this.workers = new Workers(options);
    this.directory = new Directory(options);
    const base = { ...options, workers: this.workers, directory: this.directory, isDraining };
    const homes = new HomeChoice(base);
    this.relays = new Relays(base);
    this.claims = new Claims({ ...base, follow: (stream) => this.followEntry(stream) });
    const { admission, relays, claims } = this;
    this.guests = new RelayGuests(options);
    const { guests } = this;
    const all = { ...base, homes, relays, claims, admission, guests };
    this.infos = new StreamInfos(all);
    this.flow = new PublishFlow({ ...all, stopFollowing: (name) => this.relays.stop(name) });
    this.viewing = new Viewing(all);
    this.stale = new StaleEntries(all);
    this.door = new RelayDoor(all);
    this.redirects = new Redirects(all);
    const moves = new Moves(all);
    const handOver = new HandOver({ ...all, moves });
    const ends = { onChange: onDraining, onRefusing, onEmpty: onDrained };
    this.drain = new Drain({ ...all, handOver, ...ends });
    const releases = new Releases({
      ...all,
      followNew: (stream, place) => this.relays.adopt(stream, place),
    });
    const preparing = new Preparing(all);
    const { infos, drain, steering } = this;
    this.control = new Control({ ...all, infos, releases, drain, steering, moves, preparing });
    this.reports = new LoadReports({ ...all, infos: this.infos, subjectOf: options.loadSubjectOf });
  }

  start(): void {
    this.admission.start();
    this.workers.start();
    this.claims.start();
    this.relays.start();
    this.viewing.start();
    this.stale.start();
    this.reports.listen();
    // Without the directory it can serve nobody.
    this.directory.onLoaded(() => this.reports.begin());
    this.directory.start();
  }

  /** Somebody publishes or watches here, over whatever protocol. */
  get hasSessions(): boolean {
    const { claims, options } = this;
    return claims.openPublications > 0 || options.streams.list().some(({ isRead }) => isRead);
  }

  present(name: StreamName): Stream | undefined {
    return this.viewing.viewSync(name);
  }

  elsewhere(name: StreamName, viewer: NewViewer): Elsewhere | undefined {
    return this.redirects.elsewhere(name, viewer);
  }

  viewSync(name: StreamName): Stream | undefined {
    const stream = this.present(name);
    if (stream === undefined || !this.admission.admitViewer(stream.bitsPerSecond)) return undefined;
    return stream;
  }

  async view(name: StreamName): Promise<Stream> {
    if (!this.admission.isOpen) throw new WorkerError('WORKER_OVERLOADED', 'busy');
    if (this.present(name) === undefined) this.checkRoom();
    const stream = await this.viewing.view(name);
    if (!this.admission.admitViewer(stream.bitsPerSecond)) {
      throw new WorkerError('WORKER_OVERLOADED', 'busy');
    }
    return stream;
  }

  /** For other workers; serves while draining, too. */
  async seat(query: RelayQuery): Promise<RelaySeat> {
    return await this.door.seat(query);
  }

  async publish(name: StreamName, publisher: Publisher): Promise<Publication> {
    // Whoever comes back to a stream that is here makes it no more: its viewers wait.
    if (this.present(name) === undefined || this.drain.isRefusing) this.admitPublisher();
    return await this.flow.publish(name, publisher);
  }

  private admitPublisher(): void {
    this.checkRoom();
    if (!this.admission.admitPublisher()) throw new WorkerError('WORKER_OVERLOADED', 'busy');
  }

  private checkRoom(): void {
    if (this.drain.isRefusing) throw new WorkerError('WORKER_DRAINING');
    if (!this.options.hasRoom()) throw new WorkerError('WORKER_OVERLOADED', 'memory is full');
  }

  /** Another claim won, perhaps one of an older epoch: nobody may hang on ours. */
  private followEntry(stream: Stream): void {
    this.guests.dismiss(stream.name.key);
    const entry = this.directory.get(stream.name.key);
    if (entry !== undefined) this.relays.adopt(stream, entry);
  }
}
