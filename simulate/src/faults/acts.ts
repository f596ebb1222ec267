import { pick, type Random } from '@streamcluster/placement';
import type { StreamName } from '@streamcluster/worker/testing';
import type { Clients } from './clients/clients.ts';
import { NATS, type Site } from './world/site.ts';
import type { WorkerNode } from './world/worker-node.ts';
import { OPERATOR } from './world/worker-peers.ts';

export interface Stage {
  readonly site: Site;
  readonly clients: Clients;
  readonly random: Random;
}

/** Something that happens. Says what, or undefined where it cannot. */
export type Act = (stage: Stage) => string | undefined;

const MAX_VIEWERS = 10;
const HOUR_MS = 3_600_000;

function node({ site, random }: Stage): WorkerNode | undefined {
  return pick(random, site.nodes());
}

function name({ clients, random }: Stage): StreamName {
  const found = pick(random, clients.names);
  if (found === undefined) throw new Error('there are no streams');
  return found;
}

/** More often short than long. */
function duration({ random }: Stage, mostMs: number): number {
  return Math.round(200 + mostMs * random.next() ** 2);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

const publish: Act = (stage) => {
  const { clients } = stage;
  const stream = name(stage);
  const present = clients.publishers.filter((one) => one.name === stream && one.wanted);
  // A second one, now and then: one of them has to go.
  if (present.length > (stage.random.next() < 0.2 ? 1 : 0)) return undefined;
  clients.publish(stream);
  return `publish ${stream.key}`;
};

const unpublish: Act = ({ clients, random }) => {
  const found = pick(
    random,
    clients.publishers.filter(({ wanted }) => wanted),
  );
  if (found === undefined) return undefined;
  found.wanted = false;
  return `unpublish ${found.name.key}`;
};

const halfOpen: Act = ({ clients, random }) => {
  const found = pick(
    random,
    clients.publishers.filter(({ isLive }) => isLive),
  );
  found?.halfOpen();
  return found && `publisher of ${found.name.key} vanishes`;
};

const view: Act = (stage) => {
  if (stage.clients.viewers.length >= MAX_VIEWERS) return undefined;
  const stream = name(stage);
  stage.clients.view(stream);
  return `view ${stream.key}`;
};

const leave: Act = ({ clients, random }) => `leave ${clients.leave(random)}`;

const crash: Act = (stage) => {
  const found = node(stage);
  if (found === undefined) return undefined;
  stage.site.crash(found);
  return `crash ${found.id}`;
};

const hang: Act = (stage) => {
  const found = node(stage);
  if (found === undefined || found.clock.isHung) return undefined;
  const ms = duration(stage, 15_000);
  found.setHung(true);
  stage.site.clock.setTimer(ms, () => found.setHung(false));
  return `hang ${found.id} for ${seconds(ms)}`;
};

const partition: Act = (stage) => {
  const { site, random } = stage;
  const ids = [...site.workers.keys(), OPERATOR, NATS];
  const one = pick(random, ids);
  const other = pick(
    random,
    ids.filter((id) => id !== one),
  );
  if (one === undefined || other === undefined || !site.network.areJoined(one, other)) {
    return undefined;
  }
  const ms = duration(stage, 25_000);
  site.network.cut(one, other);
  site.clock.setTimer(ms, () => site.network.heal(one, other));
  return `cut ${one} from ${other} for ${seconds(ms)}`;
};

/** One worker from everybody. */
const isolate: Act = (stage) => {
  const { site } = stage;
  const found = node(stage);
  if (found === undefined) return undefined;
  const others = [...site.workers.keys(), OPERATOR, NATS].filter((id) => id !== found.id);
  const ms = duration(stage, 20_000);
  for (const other of others) site.network.cut(found.id, other);
  site.clock.setTimer(ms, () => {
    for (const other of others) site.network.heal(found.id, other);
  });
  return `isolate ${found.id} for ${seconds(ms)}`;
};

const stopServer: Act = (stage) => {
  const { site, random } = stage;
  if (site.server !== 'up') return undefined;
  const state = pick(random, ['hung', 'down'] as const) ?? 'down';
  const ms = duration(stage, 20_000);
  site.setServer(state);
  const isWiped = state === 'down' && random.next() < 0.3;
  if (isWiped) site.wipe(() => random.next() * 10_000);
  site.clock.setTimer(ms, () => site.setServer('up'));
  return `nats ${state} for ${seconds(ms)}${isWiped ? ', its data wiped' : ''}`;
};

/** Watches are silent until each client compares the bucket's age. */
const wipe: Act = ({ site, random }) => {
  site.wipe(() => random.next() * 10_000);
  return 'bucket wiped';
};

const silence: Act = (stage) => {
  const found = node(stage);
  if (found === undefined) return undefined;
  const ms = 10_000 + 10_000 * stage.random.next();
  found.bus.silence(ms);
  return `watch of ${found.id} silent for ${seconds(ms)}`;
};

const loseAnswers: Act = (stage) => {
  const found = node(stage);
  if (found === undefined) return undefined;
  found.bus.lostAnswers = 1 + Math.floor(3 * stage.random.next());
  return `${found.id} gets no answer to ${found.bus.lostAnswers} writes`;
};

const loseReports: Act = (stage) => {
  const found = node(stage);
  if (found === undefined) return undefined;
  const ms = duration(stage, 20_000);
  found.bus.losesMessages = true;
  stage.site.clock.setTimer(ms, () => (found.bus.losesMessages = false));
  return `reports of ${found.id} are lost for ${seconds(ms)}`;
};

const jumpClock: Act = (stage) => {
  const found = node(stage);
  if (found === undefined) return undefined;
  const ms = Math.round((stage.random.next() - 0.5) * 2 * HOUR_MS);
  found.clock.wallOffMs += ms;
  return `wall clock of ${found.id} jumps by ${seconds(ms)}`;
};

const crashOperator: Act = (stage) => {
  const { site } = stage;
  if (site.operator === undefined) return undefined;
  const ms = duration(stage, 20_000);
  site.crashOperator();
  site.clock.setTimer(ms, () => site.startOperator());
  return `operator gone for ${seconds(ms)}`;
};

const hangOperator: Act = (stage) => {
  const { operator, clock } = stage.site;
  if (operator === undefined || operator.clock.isHung) return undefined;
  const ms = duration(stage, 15_000);
  operator.clock.hang();
  clock.setTimer(ms, () => operator.clock.goOn());
  return `operator hangs for ${seconds(ms)}`;
};

const drain: Act = ({ site, random }) => {
  const running = [...site.runtime.instances.values()].filter(({ phase }) => phase === 'running');
  const found = pick(random, running);
  if (found === undefined) return undefined;
  const isDraining = found.drainAsked !== undefined;
  site.runtime.change(found.name, { drainAsked: isDraining ? undefined : 'Command' });
  return `${isDraining ? 'undrain' : 'drain'} ${found.name}`;
};

/** As a second operator, or one that looks at an old picture, would ask. */
const serve: Act = (stage) => {
  const { site, random } = stage;
  const stream = name(stage);
  const entry = site.entry(stream);
  const ingest = entry && site.workers.get(entry.ingest);
  if (entry === undefined || ingest?.isWell !== true) return undefined;
  const ids = site.nodes().map(({ id }) => id);
  const home = pick(random, ids) ?? entry.home;
  const isOther = (id: string): boolean => id !== home && id !== ingest.id;
  const replicas = ids.filter((id) => isOther(id) && random.next() < 0.4);
  const epoch = random.next() < 0.2 ? entry.epoch - 1 : entry.epoch;
  void ingest.worker.cluster.control.serve({
    ...{ stream: stream.key, epoch, home, replicas, reason: 'Test' },
  });
  return `serve ${stream.key} by ${[home, ...replicas].join(' ')} as of epoch ${epoch}`;
};

/** How often each happens, beside the others. */
const WEIGHTED: readonly (readonly [weight: number, act: Act])[] = [
  [8, publish],
  [2, unpublish],
  [2, halfOpen],
  [8, view],
  [3, leave],
  [3, crash],
  [3, hang],
  [5, partition],
  [2, isolate],
  [2, stopServer],
  [1, wipe],
  [2, silence],
  [3, loseAnswers],
  [2, loseReports],
  [2, jumpClock],
  [2, crashOperator],
  [1, hangOperator],
  [2, drain],
  [8, serve],
];

export const ACTS: readonly Act[] = WEIGHTED.flatMap(([weight, act]) =>
  Array.from({ length: weight }, () => act),
);

/** Every fault is over. */
export function healAll({ site, clients }: Pick<Stage, 'site' | 'clients'>): void {
  site.network.healAll();
  site.network.lossShare = 0;
  if (site.server !== 'up') site.setServer('up');
  for (const one of site.nodes()) {
    one.setHung(false);
    one.bus.lostAnswers = 0;
    one.bus.losesMessages = false;
  }
  site.operator?.clock.goOn();
  site.startOperator();
  for (const { name: id, drainAsked } of site.runtime.instances.values()) {
    if (drainAsked !== undefined) site.runtime.change(id, { drainAsked: undefined });
  }
  clients.crowds.length = 0;
}
