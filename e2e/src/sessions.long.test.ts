import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionItem } from './harness/api.ts';
import { HlsCrowd } from './clients/hls-crowd.ts';
import { publishMany } from './clients/load-generator.ts';
import type { Child } from './harness/child.ts';
import { TestCluster } from './harness/cluster.ts';
import { eventually } from './harness/eventually.ts';

const APP = 'many';
const PLAYERS = 5_000;
const STREAMS = 2;
/** Longer than who asks for nothing is kept. */
const PLAYED_MS = 20_000;
const REPORTED_MS = 20_000;
const PAGE = 1_000;

/** Two workers behind one port. What sessions cost is measured by `make bench ARGS="--only sessions"`. */
describe('5,000 HLS players without cookies', { timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let load: Child | undefined;

  beforeAll(async () => {
    cluster = await TestCluster.start('hls-crowd', { replicas: 2, rebalance: 'Disabled' });
    load = await publishMany({
      ...{ port: cluster.rtmpPort, count: STREAMS, app: APP, seconds: 180 },
    });
    await cluster.live(`${APP}/s-0`);
  }, 180_000);

  afterAll(async () => {
    await load?.stop();
    await cluster.stop();
  });

  async function sessions(): Promise<readonly SessionItem[]> {
    const { namespace, name } = await cluster.api.cluster();
    const path = `/api/v1/clusters/${namespace}/${name}/sessions?limit=${PAGE}`;
    const all: SessionItem[] = [];
    let page = '';
    do {
      const answer = await cluster.api.get<{ items: SessionItem[]; page?: string }>(path + page);
      all.push(...answer.items);
      page = answer.page === undefined ? '' : `&page=${answer.page}`;
    } while (page !== '');
    return all;
  }

  it('are one session each, by the id that they were given, and get the same bytes', async () => {
    const plan = { port: cluster.httpPort, app: APP, streams: STREAMS };
    const crowd = await HlsCrowd.come({ ...plan, players: PLAYERS, within: 10, seconds: 120 });
    await new Promise((resolve) => setTimeout(resolve, PLAYED_MS));
    const viewers = await eventually('all are reported', REPORTED_MS, async () => {
      const { status } = await cluster.api.cluster();
      return status.viewers === PLAYERS ? status.viewers : undefined;
    });
    const playing = (await sessions()).filter(({ action }) => action === 'play');
    const report = await crowd.leave();
    const ids = new Set(playing.map(({ id }) => id));
    const ended = cluster.workerLog().filter((line) => line.includes('"msg":"session ended"'));
    console.log(
      `${PLAYERS} players: ${ids.size} sessions, ${viewers} viewers in the status; ${JSON.stringify(report)}`,
    );
    expect(ids.size).toBe(PLAYERS);
    expect(playing).toHaveLength(PLAYERS);
    expect(new Set(playing.map(({ protocol }) => protocol))).toEqual(new Set(['hls']));
    expect(new Set(playing.map(({ userAgent }) => userAgent))).toEqual(new Set(['player/1']));
    // Nobody was taken for a new one meanwhile.
    expect(ended).toEqual([]);
    expect(report.faults, report.fault).toBe(0);
    expect(report.segments).toBeGreaterThan((PLAYERS * PLAYED_MS) / 2_000);
  });
});
