import type { DirectoryEntry, LoadReport } from '@streamcluster/proto';
import { pino } from 'pino';
import type { SessionControl } from '../../control/worker-control.ts';
import { OperatorError } from '../../errors.ts';
import { Fleet } from '../../fleet/fleet.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { StreamDecisions } from '../../fleet/stream-decisions.ts';
import { MemoryRuntime } from '../../testing/memory-runtime.ts';
import { Bans } from '../../sessions/bans.ts';
import { SessionDesk } from '../../sessions/session-desk.ts';
import type { FakeSessions } from '../../sessions/testing/fake-sessions.ts';
import { reportBytes } from '../../testing/reports.ts';
import { clusterActions } from '../actions/cluster-actions.ts';
import { streamSource } from '../stream-source.ts';
import type { ClusterView, Rebalancing } from '../view.ts';

/** A cluster whose workers are only names, and whose directory is a map. */
export class TestCluster {
  readonly clock = new ManualClock();
  readonly fleet = new Fleet(this.clock);
  readonly runtime: MemoryRuntime;
  /** Undefined: not read yet. */
  directory: Map<string, DirectoryEntry> | undefined = new Map();
  status: ClusterView['status'] = undefined;
  readonly decisions = new StreamDecisions();
  /** By address. */
  readonly workers = new Map<string, FakeSessions>();
  readonly bans = new Bans(this.clock);
  private readonly log = pino({ level: 'silent' });
  private readonly control: SessionControl = {
    listSessions: (address, query) => this.worker(address, (worker) => worker.list(query)),
    kick: (address, call) => this.worker(address, (worker) => worker.kick(call)),
    ban: (address, call) => this.worker(address, (worker) => worker.ban(call)),
  };
  rebalancing: Rebalancing = { plan: undefined, plans: [], running: [] };

  constructor(spec: string) {
    this.runtime = new MemoryRuntime(spec);
    this.fleet.setConnected(true);
  }

  /** Twice, because one report is a moment and two are a state. */
  report(worker: string, more: Partial<LoadReport>): void {
    this.fleet.receive(reportBytes(worker, more), worker);
    this.fleet.receive(reportBytes(worker, more), worker);
  }

  /** Those that nobody added do not answer. */
  private worker<T>(address: string, act: (worker: FakeSessions) => T): Promise<T> {
    const worker = this.workers.get(address);
    if (worker === undefined) return Promise.reject(new OperatorError('WORKER_UNREACHABLE'));
    return Promise.resolve(act(worker));
  }

  publish(name: string, home = 'w-0'): void {
    const entry = { home, ingest: 'w-0', replicas: [], epoch: 3, publishedUnixMs: 1, nonce: 'n' };
    this.directory?.set(name, entry);
  }

  view(): ClusterView {
    const { fleet, runtime } = this;
    return {
      ...runtime.resource(),
      status: this.status,
      endpoints: { rtmp: 1935, http: 8080, rtmps: 1936, https: 8443 },
      events: [],
      instances: () => runtime.list(),
      sightings: () => fleet.list(),
      rebalancing: this.rebalancing,
      sessions: new SessionDesk({
        sightings: () => fleet.list(),
        ...{ control: this.control, bans: this.bans, onMissed: () => undefined, log: this.log },
      }),
      decisionOn: (stream) => this.decisions.get(stream),
      recentDecisions: (count) => this.decisions.recent(count),
      actions: clusterActions(runtime),
      ...streamSource({ directory: () => this.directory, sightings: () => fleet.list() }),
    };
  }
}
