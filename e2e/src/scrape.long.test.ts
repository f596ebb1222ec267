import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckedCrowd } from './clients/checked-crowd.ts';
import { publishMany } from './clients/load-generator.ts';
import { metric } from './clients/metrics.ts';
import type { Child } from './harness/child.ts';
import { TestCluster } from './harness/cluster.ts';
import { eventuallyTrue } from './harness/eventually.ts';

const APP = 'many';
const STREAMS = 2_000;
const VIEWERS = 200;
const PER_SECOND = 200;
const WINDOW_MS = 1_000;
/** Of each kind, in turn. */
const WINDOWS = 20;
const KNOWN_MS = 60_000;
const HELD_MAX_MS = 5;

interface Loop {
  readonly tickLag: { readonly p99Ms: number; readonly maxMs: number };
  readonly turnTime: { readonly maxMs: number };
  readonly utilization: number;
}

/** How long a loop was held at a time. */
interface Held {
  readonly heldMs: number;
  /** Without pieces in which the kernel let another process run. */
  readonly ownMs: number;
}

const HELD = /^held;dur=([\d.]+), own;dur=([\d.]+)$/;

interface Window {
  readonly isScraped: boolean;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  readonly turnMaxMs: number;
}

/**
 * What a scrape takes of the loop that sends: each answer says itself how long the loop was held for it at a
 * time (Server-Timing), which is by how much a tick can be late for its sake.
 * Beside it the lag of ticks in seconds with one scrape of everything and in seconds without, in turn, under
 * the same load.
 */
describe.each([1, 4])(
  'a scrape while 2,000 streams run on %d workers',
  { timeout: 240_000 },
  (replicas) => {
    let cluster: TestCluster;
    let load: Child | undefined;

    beforeAll(async () => {
      cluster = await TestCluster.start(`scrape-${replicas}`, { replicas, rebalance: 'Disabled' });
      load = await publishMany({
        ...{ port: cluster.rtmpPort, count: STREAMS, app: APP, seconds: 200 },
        ...{ clip: 'idle', perSecond: PER_SECOND },
      });
      await eventuallyTrue('the operator knows all of them', KNOWN_MS, async () => {
        const text = await cluster.api.text('/metrics');
        return metric(text, 'streamcluster_cluster_streams') === STREAMS;
      });
    }, 180_000);

    afterAll(async () => {
      await load?.stop();
      await cluster.stop();
    });

    async function loops(): Promise<Loop[]> {
      return Promise.all(
        cluster.adminPorts().map(async (port) => {
          const answer = await fetch(`http://127.0.0.1:${port}/debug/loop`);
          return ((await answer.json()) as { sinceLastLook: Loop }).sinceLastLook;
        }),
      );
    }

    async function heldFor(url: string): Promise<Held> {
      const answer = await fetch(url);
      expect(answer.status).toBe(200);
      await answer.text();
      const [, heldMs, ownMs] = HELD.exec(answer.headers.get('server-timing') ?? '') ?? [];
      return { heldMs: Number(heldMs), ownMs: Number(ownMs) };
    }

    async function window(isScraped: boolean, scrape: () => Promise<void>): Promise<Window> {
      await loops();
      await sleep(WINDOW_MS / 2);
      if (isScraped) await scrape();
      await sleep(WINDOW_MS / 2);
      const seen = await loops();
      return {
        isScraped,
        lagP99Ms: Math.max(...seen.map(({ tickLag }) => tickLag.p99Ms)),
        lagMaxMs: Math.max(...seen.map(({ tickLag }) => tickLag.maxMs)),
        turnMaxMs: Math.max(...seen.map(({ turnTime }) => turnTime.maxMs)),
      };
    }

    it('holds no loop for more than 5 ms', async () => {
      const plan = { port: cluster.httpPort, app: APP, streams: STREAMS, hot: 0, leave: 0 };
      const crowd = await CheckedCrowd.come({
        ...{ ...plan, viewers: VIEWERS, within: 4, seconds: 120, clip: 'idle' },
      });
      const [ofWorkers, ofOperator, ofStreams]: [Held[], Held[], Held[]] = [[], [], []];
      const { url } = cluster.api;
      const workers = cluster.adminPorts().map((port) => `http://127.0.0.1:${port}/metrics`);
      const scrape = async (): Promise<void> => {
        ofWorkers.push(...(await Promise.all(workers.map(heldFor))));
        ofOperator.push(await heldFor(`${url}/metrics`));
        ofStreams.push(await heldFor(`${url}/metrics/streams`));
      };
      const windows: Window[] = [];
      for (let i = 0; i < 2 * WINDOWS; i += 1) windows.push(await window(i % 2 === 0, scrape));
      const series = await cluster.api.text('/metrics/streams');
      const report = await crowd.leave();
      const lags = (isScraped: boolean): string => summary(windows, isScraped);
      console.log(
        `${STREAMS} streams on ${replicas} workers, ${VIEWERS} viewers; a loop was held for a scrape: by workers ${figures(ofWorkers)}, by the operator ${figures(ofOperator)}, by its series of streams ${figures(ofStreams)}; seconds with a scrape: ${lags(true)}; without: ${lags(false)}; ${JSON.stringify(report)}`,
      );
      expect(series.match(/^streamcluster_stream_viewers\{/gm)).toHaveLength(STREAMS);
      expect(ofWorkers).toHaveLength(WINDOWS * replicas);
      for (const held of [ofWorkers, ofOperator, ofStreams]) {
        const own = held.map(({ ownMs }) => ownMs);
        expect(Math.max(...own)).toBeLessThan(HELD_MAX_MS);
        expect(median(own)).toBeGreaterThan(0);
        // What else this machine does may come in between, but not every time.
        expect(median(held.map(({ heldMs }) => heldMs))).toBeLessThan(HELD_MAX_MS);
      }
      const late = (isScraped: boolean): number =>
        median(windows.filter((one) => one.isScraped === isScraped).map((one) => one.lagMaxMs));
      expect(late(true) - late(false)).toBeLessThan(HELD_MAX_MS);
      expect(report).toMatchObject({ came: VIEWERS, cut: 0, wrong: 0 });
    });
  },
);

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function figures(held: readonly Held[]): string {
  const [all, own] = [held.map(({ heldMs }) => heldMs), held.map(({ ownMs }) => ownMs)];
  return `${median(all).toFixed(2)} ms (median), ${Math.max(...own).toFixed(2)} (longest by itself), ${Math.max(...all).toFixed(2)} (longest of all)`;
}

function summary(windows: readonly Window[], isScraped: boolean): string {
  const some = windows.filter((one) => one.isScraped === isScraped);
  const p99 = median(some.map(({ lagP99Ms }) => lagP99Ms));
  const longest = some.map(({ lagMaxMs }) => lagMaxMs);
  const turn = median(some.map(({ turnMaxMs }) => turnMaxMs));
  return `tick lag p99 ${p99} ms, longest ${median(longest)} ms (median), ${Math.max(...longest)} ms (of all), longest turn ${turn} ms (median)`;
}
