import { setTimeout as sleep } from 'node:timers/promises';
import { type CheckedViewer, type Protocol } from '../clients/checked-viewer.ts';
import { eventually } from '../harness/eventually.ts';
import type { Site } from './site.ts';

const SERVED_MS = 10_000;

export interface NewcomerPlan {
  /** One of each of these protocols comes as often as this. */
  readonly protocols: readonly Protocol[];
  readonly everyMs: number;
}

interface Newcomer {
  readonly protocol: Protocol;
  readonly startMs: number | undefined;
  readonly fault: string | undefined;
}

export interface NewcomerFigures {
  readonly came: number;
  /** Sentences of those who were not served. */
  readonly refused: readonly string[];
  readonly text: string;
}

/** Viewers of known streams who come all the time, wherever the kernel takes them. */
export class Newcomers {
  private readonly site: Site;
  private readonly plan: NewcomerPlan;
  private readonly came: Newcomer[] = [];
  /** `protocol worker` of those who were served there, and stayed. */
  private readonly covered = new Set<string>();
  private readonly coming: Promise<void>[] = [];
  private isOver = false;
  private readonly running: Promise<void>;

  constructor(site: Site, plan: NewcomerPlan) {
    this.site = site;
    this.plan = plan;
    this.running = this.run();
  }

  async end(): Promise<NewcomerFigures> {
    this.isOver = true;
    await this.running;
    await Promise.all(this.coming);
    const refused = this.came.flatMap(({ protocol, fault }) =>
      fault === undefined ? [] : [`${protocol}: ${fault}`],
    );
    return { came: this.came.length, refused, text: this.text(refused.length) };
  }

  /** Each protocol at each worker. */
  get areEverywhere(): boolean {
    return this.covered.size === this.plan.protocols.length * this.site.cluster.workerPids().length;
  }

  private async run(): Promise<void> {
    const { streams } = this.site;
    const { protocols, everyMs } = this.plan;
    for (let round = 0; !this.isOver; round++) {
      for (const [i, protocol] of protocols.entries()) {
        const stream = streams[(round * protocols.length + i) % streams.length] ?? '';
        this.coming.push(this.come(protocol, stream));
      }
      await sleep(everyMs);
    }
  }

  private async come(protocol: Protocol, stream: string): Promise<void> {
    const viewer = this.site.view(protocol, stream);
    const { received } = viewer;
    await eventually('it is served, or refused', SERVED_MS, () =>
      received.startMs !== undefined || received.fault !== undefined ? true : undefined,
    ).catch(() => received.failed(`nothing of ${stream} within ${SERVED_MS} ms`));
    const { startMs, fault } = received;
    this.came.push({ protocol, startMs, fault: fault && `${stream}: ${fault}` });
    if (fault !== undefined || !this.staysAt(viewer, protocol)) viewer.close();
  }

  /** The first of its protocol at its worker does. */
  private staysAt(viewer: CheckedViewer, protocol: Protocol): boolean {
    const pid = viewer.workerPid();
    const key = `${protocol} ${pid ?? 0}`;
    if (pid === undefined || this.covered.has(key)) return false;
    this.covered.add(key);
    this.site.keep(protocol, viewer);
    return true;
  }

  private text(refused: number): string {
    const starts = this.plan.protocols.map((protocol) => {
      const times = this.came
        .filter((one) => one.protocol === protocol)
        .flatMap(({ startMs }) => (startMs === undefined ? [] : [startMs]))
        .sort((a, b) => a - b);
      const at = (share: number): string =>
        (times[Math.floor(share * (times.length - 1))] ?? Number.NaN).toFixed(0);
      return `${protocol} ${at(0.5)}/${at(0.99)}`;
    });
    const served = this.came.length - refused;
    return `new viewers served ${served} of ${this.came.length}, p50/p99 start in ms: ${starts.join(', ')}`;
  }
}
