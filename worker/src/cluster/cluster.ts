import type { AccessConfig } from '@streamcluster/proto';
import type { Logger } from 'pino';
import { WorkerError } from '../errors.ts';
import type { StreamName } from '../media/stream-name.ts';
import type { Clock } from '../stream/clock.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import type { CpuFacts } from '../topology/cpu-facts.ts';
import type { Admission, WorkTotals } from './admission.ts';
import type { Bus } from './bus.ts';
import type { Claims } from './claims.ts';
import { makeState, type ClusterState } from './cluster-state.ts';
import { Control, type ControlOptions } from './control.ts';
import type { Directory } from './directory.ts';
import { Drain } from './drain.ts';
import { HandOver } from './hand-over.ts';
import {
  LoadReports,
  type ProcessFacts,
  type ProcessSample,
  type PublicAddresses,
} from './load-report.ts';
import { Moves } from './moves.ts';
import type { Peers, RelayDialer } from './peers.ts';
import type { Place } from './place.ts';
import { Preparing } from './preparing.ts';
import { PublishFlow } from './publish-flow.ts';
import type { Random } from './random.ts';
import { Redirects } from './redirects.ts';
import { RelayDoor, type RelayQuery } from './relay-door.ts';
import type { RelayGuests, RelaySeat } from './relay-guests.ts';
import type { Relays } from './relays.ts';
import { Releases } from './releases.ts';
import type { Settings } from './settings.ts';
import { StaleEntries } from './stale-entries.ts';
import { Shedding } from './shedding.ts';
import { Steering } from './steering.ts';
import type {
  Elsewhere,
  NewViewer,
  Publication,
  Publisher,
  StreamAccess,
} from './stream-access.ts';
import { StreamInfos } from './stream-infos.ts';
import type { ViewersElsewhere } from './viewers-elsewhere.ts';
import { Viewing } from './viewing.ts';
import type { Workers } from './workers.ts';

export interface ClusterOptions {
  readonly self: string;
  /** Where a worker's load reports go; `*` for all. */
  readonly subjectOf: (worker: string) => string;
  readonly bus: Bus;
  readonly peers: Peers;
  readonly dialer: RelayDialer;
  readonly streams: StreamRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly settings: Settings;
  /** Who may publish and play, as the operator says. */
  readonly onAccess: (access: AccessConfig) => void;
  readonly viewersElsewhere: ViewersElsewhere;
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
  readonly shedding: Shedding;
  readonly guests: RelayGuests;
  private readonly options: ClusterOptions;
  private readonly flow: PublishFlow;
  private readonly viewing: Viewing;
  private readonly door: RelayDoor;
  private readonly stale: StaleEntries;

  constructor(options: ClusterOptions) {
    this.options = options;
    const state = makeState(options, () => this.drain.isDraining);
    this.workers = state.workers;
    this.directory = state.directory;
    this.claims = state.claims;
    this.relays = state.relays;
    this.guests = state.guests;
    this.admission = state.admission;
    this.infos = new StreamInfos(state);
    this.flow = new PublishFlow({ ...state, stopFollowing: (name) => this.relays.stop(name) });
    this.viewing = new Viewing(state);
    this.stale = new StaleEntries(state);
    this.door = new RelayDoor(state);
    this.redirects = new Redirects(state);
    this.shedding = new Shedding(state);
    const moves = new Moves(state);
    this.drain = makeDrain(state, moves);
    this.steering = new Steering(options);
    this.control = makeControl(state, this, moves);
    this.reports = new LoadReports({ ...state, infos: this.infos });
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

  get facts(): ProcessFacts {
    return this.options.facts;
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
}

function makeDrain(state: ClusterState, moves: Moves): Drain {
  const { onDraining: onChange, onRefusing, onDrained: onEmpty } = state;
  const handOver = new HandOver({ ...state, moves });
  return new Drain({ ...state, handOver, onChange, onRefusing, onEmpty });
}

function makeControl(
  state: ClusterState,
  { infos, drain, steering }: Pick<ControlOptions, 'infos' | 'drain' | 'steering'>,
  moves: Moves,
): Control {
  const { relays } = state;
  const parts = { infos, drain, steering, moves };
  const followNew = (stream: Stream, place: Place): void => relays.adopt(stream, place);
  const releases = new Releases({ ...state, followNew });
  return new Control({ ...state, ...parts, releases, preparing: new Preparing(state) });
}
