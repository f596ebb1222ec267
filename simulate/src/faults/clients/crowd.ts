import { pick, type Random } from '@streamcluster/placement';
import { meetPlayer, type Elsewhere, type StreamName } from '@streamcluster/worker/testing';
import type { Site } from '../world/site.ts';
import type { WorkerNode } from '../world/worker-node.ts';
import { idOf } from '../world/worker-peers.ts';

const ASK_MS = 5_000;
const GROUP = 50;

/** Players of HLS who go together wherever one of them is sent. */
class Group {
  node: WorkerNode | undefined = undefined;
  readonly players: readonly string[];

  constructor(index: number) {
    this.players = Array.from({ length: GROUP }, (_, at) => `p-${index}-${at}`);
  }
}

/** So many that they are a load: they ask for playlists again and again, and follow
 * redirects. */
export class Crowd {
  readonly name: StreamName;
  private readonly site: Site;
  private readonly random: Random;
  private readonly groups: Group[];
  private askAtMs = 0;

  constructor(site: Site, name: StreamName, random: Random, groups: number) {
    this.site = site;
    this.name = name;
    this.random = random;
    this.groups = Array.from({ length: groups }, (_, index) => new Group(index));
  }

  get size(): number {
    return this.groups.length * GROUP;
  }

  turn(): void {
    const nowMs = this.site.clock.nowMs();
    if (nowMs < this.askAtMs) return;
    this.askAtMs = nowMs + ASK_MS;
    for (const group of this.groups) this.ask(group);
  }

  private ask(group: Group): void {
    if (group.node?.isWell !== true) group.node = pick(this.random, this.site.nodes());
    const { node } = group;
    if (node === undefined) return;
    const elsewhere = this.elsewhere(group, node);
    const target = elsewhere === undefined ? node : this.site.workers.get(idOf(elsewhere.address));
    if (target?.isWell !== true) return;
    group.node = target;
    target.clock.setTimer(1, () => this.play(group, target));
  }

  /** Undefined: it is served where it asks. */
  private elsewhere({ players }: Group, { worker }: WorkerNode): Elsewhere | undefined {
    const [player = ''] = players;
    const isKnown = worker.stream(this.name)?.hls.players.find(player) !== undefined;
    const viewer = { protocol: 'hls', isEncrypted: false, isShed: false } as const;
    return worker.cluster.elsewhere(this.name, {
      ...viewer,
      isKnown,
      player,
      sentAtEpoch: undefined,
    });
  }

  private play(group: Group, { worker }: WorkerNode): void {
    const here = worker.cluster.present(this.name);
    const found = here === undefined ? worker.cluster.view(this.name) : Promise.resolve(here);
    found.then(
      (stream) => {
        for (const player of group.players) meetPlayer(stream, player);
      },
      () => (group.node = undefined),
    );
  }
}
