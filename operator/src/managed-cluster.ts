import { loadSubject } from '@streamcluster/proto';
import type { Random } from '@streamcluster/placement';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import type { SessionControl, WorkerControl } from './control/worker-control.ts';
import type { BucketOptions, BusLink } from './fleet/bus-link.ts';
import { Directory } from './fleet/directory.ts';
import { Fleet } from './fleet/fleet.ts';
import { ReportWatch } from './fleet/report-watch.ts';
import { Sightings } from './fleet/sightings.ts';
import { StreamDecisions } from './fleet/stream-decisions.ts';
import { streamSource } from './http/stream-source.ts';
import { clusterActions } from './http/actions/cluster-actions.ts';
import type { ClusterView, Endpoints, Rebalancing } from './http/view.ts';
import { placedText } from './fleet/placed-text.ts';
import { Placer, type Placed } from './place/placer.ts';
import type { RebalanceStepOptions } from './reconcile/rebalance/step.ts';
import { Reconciler } from './reconcile/reconciler.ts';
import type { Runtime, WorkerInstance } from './reconcile/runtime.ts';
import type { Effects, Observation } from './reconcile/step.ts';
import { Bans } from './sessions/bans.ts';
import { SessionDesk } from './sessions/session-desk.ts';

export interface ManagedClusterOptions {
  readonly runtime: Runtime;
  readonly link: BusLink;
  readonly control: WorkerControl & SessionControl;
  readonly directory: BucketOptions;
  readonly endpoints: Endpoints;
  readonly onCount: Effects['count'];
  readonly onStreamChange: RebalanceStepOptions['onStreamChange'];
  /** Something may have changed: a pass is due. */
  readonly onDue: () => void;
  readonly isLeading: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Everything about one StreamCluster, connected; no decisions. */
export class ManagedCluster {
  readonly fleet: Fleet;
  readonly placer: Placer;
  readonly view: ClusterView;
  readonly runtime: Runtime;
  private readonly options: ManagedClusterOptions;
  private readonly directory: Directory;
  private readonly sightings: Sightings;
  private readonly decisions = new StreamDecisions();
  private readonly bans: Bans;
  private readonly sessions: SessionDesk;
  private instances: readonly WorkerInstance[] = [];
  private outdated: ReadonlySet<string> = new Set();
  private reconciler: Reconciler;
  private readonly endings: (() => void)[] = [];

  constructor(options: ManagedClusterOptions) {
    this.options = options;
    const { runtime, link, clock, random, log } = options;
    this.runtime = runtime;
    this.fleet = new Fleet(clock);
    this.sightings = new Sightings(this.fleet);
    const { isLeading } = options;
    this.bans = new Bans(clock);
    this.sessions = new SessionDesk({
      sightings: () => this.fleet.list(),
      ...{ control: options.control, bans: this.bans, onMissed: options.onDue, log },
    });
    this.directory = new Directory({ ...options.directory, link, isLeading, clock, log });
    this.placer = new Placer({
      workers: () => this.fleet.list(),
      policy: () => runtime.resource().resource.spec.placement.policy,
      isLeaving: (worker) => this.outdated.has(worker),
      onPlaced: (stream, placed) => this.notePlaced(stream, placed),
      clock,
      random,
    });
    this.reconciler = this.makeReconciler();
    this.view = this.makeView();
  }

  /** Listens and reads; nothing is changed before the first pass. */
  start(): void {
    const { fleet, options, directory } = this;
    const { link, runtime, onDue } = options;
    const { namespace, name } = runtime.resource().resource.metadata;
    const watch = new ReportWatch(fleet, onDue);
    fleet.setConnected(link.isConnected);
    this.endings.push(
      link.onConnection((isConnected) => {
        fleet.setConnected(isConnected);
        onDue();
      }),
      link.subscribe(loadSubject(namespace, name, '*'), (payload, subject) => {
        // NATS lets a worker publish below its own name only; its payload may say anything.
        fleet.receive(payload, subject.slice(subject.lastIndexOf('.') + 1));
      }),
    );
    fleet.onReport((id) => watch.look(id));
    runtime.onChange(onDue);
    directory.start();
  }

  /** One round of all steps; resolves with when the next is due. */
  async pass(): Promise<number> {
    return await this.reconciler.pass();
  }

  /** Begins no move any more; a pass may still be on its way. */
  stopMoving(): void {
    this.reconciler.stop();
  }

  /** Another one leads from now on: what was decided here, and when, counts no more. */
  startOver(): void {
    this.reconciler.stop();
    this.decisions.clear();
    this.reconciler = this.makeReconciler();
  }

  get status(): Reconciler['status'] {
    return this.reconciler.status;
  }

  get isLoaded(): boolean {
    return this.directory.isLoaded;
  }

  close(): void {
    this.reconciler.stop();
    for (const end of this.endings.splice(0)) end();
    this.directory.close();
  }

  private makeReconciler(): Reconciler {
    const { fleet, decisions, bans } = this;
    const { runtime, control, clock, random, log, onCount, onStreamChange } = this.options;
    return new Reconciler({
      ...{ runtime, control, log, clock, random, decisions, bans, onStreamChange },
      markDraining: (worker, isDraining) => fleet.markDraining(worker, isDraining),
      forget: (worker) => fleet.forget(worker),
      count: onCount,
      observe: () => this.observe(),
    });
  }

  private async observe(): Promise<Observation> {
    const { directory, fleet } = this;
    const { runtime, clock } = this.options;
    const instances = await runtime.list();
    this.noteInstances(instances);
    return {
      ...runtime.resource(),
      instances,
      sightings: this.sightings.of(instances),
      directory: directory.isLoaded ? directory.streams : undefined,
      isBusConnected: fleet.isBusConnected,
      problems: runtime.problems(),
      nowMs: clock.nowMs(),
      unixMs: clock.unixMs(),
    };
  }

  private noteInstances(instances: readonly WorkerInstance[]): void {
    if (instances === this.instances) return;
    this.instances = instances;
    const outdated = instances.filter(({ isOutdated }) => isOutdated);
    this.outdated = new Set(outdated.map(({ name }) => name));
  }

  private notePlaced(stream: string, { worker, reason }: Placed): void {
    const why = placedText({ worker, reason });
    const unixMs = this.options.clock.unixMs();
    this.decisions.note(stream, { unixMs, kind: 'Place', why, outcome: 'Done', home: worker });
  }

  private makeView(): ClusterView {
    const { fleet, directory, decisions, sessions } = this;
    const rebalance = (): Rebalancing => this.reconciler.rebalance;
    const { runtime, endpoints } = this.options;
    const ownStatus = (): Reconciler['status'] => this.status;
    return {
      get resource() {
        return runtime.resource().resource;
      },
      get generation() {
        return runtime.resource().generation;
      },
      get status() {
        // One that does not lead shows what the leader wrote.
        return ownStatus() ?? runtime.resource().resource.status;
      },
      endpoints,
      get events() {
        return runtime.events;
      },
      instances: () => runtime.list(),
      sightings: () => fleet.list(),
      get rebalancing() {
        return rebalance();
      },
      sessions,
      decisionOn: (stream) => decisions.get(stream),
      recentDecisions: (count) => decisions.recent(count),
      actions: clusterActions(runtime),
      ...streamSource({
        directory: () => (directory.isLoaded ? directory.streams : undefined),
        sightings: () => fleet.list(),
      }),
    };
  }
}
