import {
  FIRST_CYCLE,
  fleetPicture,
  planCycle,
  type CycleSettings,
  type Decision,
  type PlacementPolicy,
} from '@streamcluster/placement';
import { directoryOf } from '../model/directory.ts';
import type { Sim } from '../model/sim.ts';
import { placed } from './placements.ts';
import type { ServersChange, Strategy } from './strategy.ts';

export interface OursOptions {
  readonly name?: string;
  readonly policy?: PlacementPolicy;
  /** Instead of what the simulation says. */
  readonly settings?: Partial<CycleSettings>;
  readonly redirects?: Strategy['redirects'];
  readonly steers?: boolean;
  readonly sheds?: boolean;
}

/** What the operator and its workers do, from the policies that they call. */
export function ours(options: OursOptions = {}): Strategy {
  const { name = 'ours', policy = 'Random', redirects = 'ToTarget' } = options;
  const { steers = true, sheds = true } = options;
  let state = FIRST_CYCLE;
  return {
    ...{ name, redirects, sheds },
    place: placed(policy),
    cycle: (sim) => {
      const plan = planCycle({
        settings: { ...sim.settings, ...options.settings },
        picture: fleetPicture(sim.reports.list(sim.nowMs), directoryOf(sim.cluster)),
        ...{ state, nowMs: sim.nowMs, random: sim.random },
      });
      state = plan.state;
      return {
        servers: plan.decisions.map((decision) => serversChange(sim, decision)).filter(isChange),
        closed: new Set(steers ? plan.closed : []),
      };
    },
  };
}

function isChange(change: ServersChange | undefined): change is ServersChange {
  return change !== undefined;
}

function serversChange({ cluster }: Sim, decision: Decision): ServersChange | undefined {
  if (decision.kind === 'Accepting') return undefined;
  const stream = cluster.streams[Number(decision.stream.slice('live/'.length))];
  if (stream === undefined) return undefined;
  if (decision.kind === 'Move') {
    const home = cluster.worker(decision.to);
    return home && { stream, home, replicas: stream.replicas };
  }
  const replicas = decision.replicas.map((id) => cluster.worker(id));
  return { stream, home: stream.home, replicas: replicas.filter((one) => one !== undefined) };
}
