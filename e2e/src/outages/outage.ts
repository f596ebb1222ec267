import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { FlvViewer } from '../clients/flv.ts';
import { viewerOn } from '../clients/viewers.ts';
import { fixture } from '../content/fixture.ts';
import { isVideo } from '../content/flv-tags.ts';
import type { TestCluster } from '../harness/cluster.ts';
import { eventually, eventuallyTrue, within } from '../harness/eventually.ts';
import { Newcomers, type NewcomerPlan } from './newcomers.ts';
import { directoryPlaces, expectDirectoryTrue, type Places } from './reckoning.ts';
import { publishTwice, type Rivals } from './rivals.ts';
import type { Site } from './site.ts';
import { StatusWatch } from './status-watch.ts';

const LATE_APP = 'late';
const LATE_STREAMS = 2;
const PAIR = 'pair/one';
const CLIP = { seconds: 20, size: '320x180', videoBitsPerSecond: 300_000 };
/** A source that is over by then: whatever else goes wrong, nothing is left behind. */
const PUBLISH_SECONDS = 1_200;
/** Reports come this often. */
const REPORT_MS = 2_000;
const TRUE_MS = 30_000;
const CLOSED_MS = 30_000;
/** Players of HLS are counted for 15 s after they went, and reports take 2 s. */
const COUNTED_MS = 45_000;
export interface Fault {
  readonly name: string;
  /** Workers cannot write the directory: one name can be published at two of them.
   * Else nobody answers for the operator. */
  readonly hidesDirectory: boolean;
  begin(): Promise<void> | void;
  end(): Promise<void> | void;
}

export interface Outage {
  readonly site: Site;
  readonly fault: Fault;
  readonly lastsMs: number;
  /** Newcomers go on for so long after the fault: what is lost while it heals shows. */
  readonly healsMs: number;
  readonly newcomers: NewcomerPlan;
}

/** Lets a fault come and go, prints what it did, and throws unless nobody noticed. */
export async function liveThrough(outage: Outage): Promise<void> {
  const { site, fault, lastsMs, healsMs } = outage;
  const { cluster } = site;
  const say = (text: string): void => console.log(`${fault.name}: ${text}`);
  const { file } = await fixture(CLIP);
  const before = await directoryPlaces(cluster);

  await fault.begin();
  const beganMs = performance.now();
  const beganUnixMs = Date.now();
  const replicas = cluster.workers().length;
  const status = fault.hidesDirectory ? new StatusWatch(cluster.api, replicas) : undefined;
  const newcomers = new Newcomers(site, outage.newcomers);
  const rivals = fault.hidesDirectory ? await rivalsOf(site, file, say) : undefined;
  await site.publish(LATE_APP, LATE_STREAMS, PUBLISH_SECONDS);
  say(`${LATE_STREAMS} new streams taken after ${sinceS(beganMs)} s`);
  await sleep(lastsMs - (performance.now() - beganMs));
  expect(site.faults()).toEqual([]);
  if (status !== undefined) await expectCalmStatus(status, say);
  await fault.end();

  const endedMs = performance.now();
  const heardUnixMs = Date.now() + REPORT_MS;
  const streams = await eventually('the directory equals the lists', TRUE_MS, () =>
    expectDirectoryTrue(cluster),
  );
  say(`directory and lists of workers equal after ${sinceS(endedMs)} s: ${streams} streams`);
  if (rivals !== undefined) await expectEarliestStays(cluster, rivals, endedMs, say);
  await sleep(Math.max(0, healsMs - (performance.now() - endedMs)));
  const figures = await newcomers.end();
  say(figures.text);
  expect(figures.refused).toEqual([]);
  expect(newcomers.areEverywhere).toBe(true);

  await expectApiTrue(site, endedMs, say);
  await expectFrozen(cluster, before, { fromUnixMs: beganUnixMs, untilUnixMs: heardUnixMs });
  rivals?.first.kill();
  say(
    `viewers cut ${site.faults().length} of ${site.viewerCount}, longest gap ` +
      `${site.longestGapMs.toFixed(0)} ms; nothing planned, no stream moved meanwhile`,
  );
  expect(site.faults()).toEqual([]);
}

type Say = (text: string) => void;

interface Watched extends Rivals {
  /** Of the second publisher. */
  readonly misled: FlvViewer;
}

async function rivalsOf(site: Site, file: string, say: Say): Promise<Watched> {
  const { cluster } = site;
  const rivals = await publishTwice(cluster, file, PAIR);
  const { first, second, firstWorker, secondWorker } = rivals;
  site.onClose(() => first.kill());
  site.onClose(() => second.kill());
  say(`${PAIR} published at ${firstWorker}, then at ${secondWorker}`);
  const misled = await viewerOn(cluster, PAIR, cluster.worker(secondWorker).pid);
  return { ...rivals, misled };
}

/** It says that NATS does not answer, and not that workers are dead of it. */
async function expectCalmStatus(status: StatusWatch, say: Say): Promise<void> {
  const saidAfterMs = await status.end();
  expect([...status.alarms]).toEqual([]);
  if (saidAfterMs === undefined) throw new Error('the status did not say that NATS was away');
  say(
    `ControlPlaneConnected was False after ${(saidAfterMs / 1000).toFixed(1)} s, all workers ready`,
  );
}

/** The second one is told why, and whoever asks its worker now gets the first one's. */
async function expectEarliestStays(
  cluster: TestCluster,
  { stream, first, second, firstWorker, secondWorker, misled }: Watched,
  endedMs: number,
  say: Say,
): Promise<void> {
  const { output } = await within('the later publisher is closed', CLOSED_MS, second.ended);
  expect(output).toContain('CLAIM_LOST');
  expect(first.running).toBe(true);
  say(
    `the later publisher (${secondWorker}) was closed within ${sinceS(endedMs)} s: ${output.split('\n', 1)[0] ?? ''}`,
  );
  await within('its viewer is closed, and may ask again', CLOSED_MS, misled.ended);
  const entry = (await directoryPlaces(cluster)).get(stream);
  expect(entry).toContain(`ingest ${firstWorker},`);
  const viewer = await viewerOn(cluster, stream, cluster.worker(secondWorker).pid);
  await eventuallyTrue(`pictures of ${stream}`, CLOSED_MS, () => viewer.tags.some(isVideo));
  viewer.close();
}

/** What the page, kubectl and metrics show is what is. */
async function expectApiTrue({ cluster, viewerCount }: Site, endedMs: number, say: Say) {
  const places = await directoryPlaces(cluster);
  await eventually('the API shows what is', COUNTED_MS, async () => {
    const { status } = await cluster.api.cluster();
    expect([status.streams, status.viewers]).toEqual([places.size, viewerCount]);
    expect((await cluster.api.workers()).map(({ state }) => state)).toEqual(
      cluster.workers().map(() => 'ready'),
    );
    return true;
  });
  const text = `${places.size} streams, ${viewerCount} viewers`;
  say(`the API showed what is, ${text}, after ${sinceS(endedMs)} s`);
}

/** Nothing was decided while nobody could be heard, and nothing moved but by other plans. */
async function expectFrozen(
  cluster: TestCluster,
  before: Places,
  { fromUnixMs, untilUnixMs }: { fromUnixMs: number; untilUnixMs: number },
): Promise<void> {
  const { recent } = await cluster.api.rebalance();
  const meanwhile = recent.filter(({ unixMs }) => unixMs > fromUnixMs && unixMs < untilUnixMs);
  expect(meanwhile).toEqual([]);
  const planned = new Set(recent.flatMap(({ changes }) => changes.map(({ stream }) => stream)));
  const places = [...before].filter(([stream]) => !planned.has(stream));
  const after = await directoryPlaces(cluster);
  expect(places.map(([stream]) => [stream, after.get(stream)])).toEqual(places);
}

function sinceS(startMs: number): string {
  return ((performance.now() - startMs) / 1000).toFixed(1);
}
