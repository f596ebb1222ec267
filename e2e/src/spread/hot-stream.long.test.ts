import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CheckedCrowd } from '../clients/checked-crowd.ts';
import { publishMany } from '../clients/load-generator.ts';
import { moveOften, spanText } from '../clients/moving.ts';
import { StreamServers } from '../clients/servers.ts';
import { TestCluster } from '../harness/cluster.ts';
import { maxOverMean, megabytes, sentBytes } from './evenness.ts';

const APP = 'spread';
const HOT = `${APP}/s-0`;
const STREAMS = 60;
const CROWD = { app: APP, streams: STREAMS, viewers: 2_000, hot: 0.9, leave: 0 };
/** So many at once that workers serve those who land on them. */
const CROWD_S = 30;
/** So few at once that all are sent to who serves the stream. */
const TRICKLE_S = 150;
const CYCLE_MS = 6_000;
const WINDOW_MS = 10_000;
const BAR = 1.25;
const MOVES = 20;

interface Run {
  readonly sent: number[];
  readonly replicas: number;
  readonly moves: string;
}

/** Six workers, sixty streams, nine of ten viewers for one of them; all come and stay. */
async function run(rebalance: 'Auto' | 'Disabled', within: number): Promise<Run> {
  const cluster = await TestCluster.start(`hot-${rebalance.toLowerCase()}`, {
    ...{ replicas: 6, redirect: true, rebalance },
  });
  try {
    const many = { port: cluster.rtmpPort, count: STREAMS, app: APP, seconds: 300 };
    const load = await publishMany(many);
    await cluster.live(HOT);
    const at = { port: cluster.httpPort, within, seconds: 200 };
    const crowd = await CheckedCrowd.come({ ...CROWD, ...at });
    await sleep(2 * CYCLE_MS);
    const sent = await sentBytes(cluster, WINDOW_MS);
    const servers = new StreamServers(cluster, HOT);
    const { replicas } = await servers.entry();
    // Where nobody else moves it: from worker to worker, under everybody's eyes.
    const moves =
      rebalance === 'Disabled'
        ? spanText(await moveOften(cluster, servers, { count: MOVES, everyMs: 1_000 }))
        : 'none by the test';
    const report = await crowd.leave();
    console.log(`rebalance ${rebalance}: ${JSON.stringify(report)}`);
    expect(report).toMatchObject({ came: CROWD.viewers, cut: 0, wrong: 0 });
    await load.stop();
    return { sent, replicas: replicas.length, moves };
  } finally {
    await cluster.stop();
  }
}

describe('one stream with nine of ten viewers, in redirect mode', { timeout: 900_000 }, () => {
  it.each([
    ['a crowd', CROWD_S],
    ['a trickle', TRICKLE_S],
  ])('loads all workers alike within two cycles of %s', async (name, within) => {
    const alone = await run('Disabled', within);
    const split = await run('Auto', within);
    for (const [how, { sent, replicas, moves }] of Object.entries({ alone, split })) {
      const even = maxOverMean(sent).toFixed(2);
      console.log(
        `${name}, ${how}: max/mean of sent bytes ${even} (${megabytes(sent)} MB), ${replicas} replicas, moves: ${moves}`,
      );
    }
    expect(split.replicas).toBeGreaterThan(0);
    expect(maxOverMean(split.sent)).toBeLessThanOrEqual(BAR);
  });
});
