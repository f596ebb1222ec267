import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AskingPlayers } from '../clients/asking-players.ts';
import { CheckedCrowd } from '../clients/checked-crowd.ts';
import { publishMany } from '../clients/load-generator.ts';
import { TestCluster, writeResource } from '../harness/cluster.ts';
import { maxOverMean, megabytes, sentBytes } from './evenness.ts';

const APP = 'grow';
const STREAMS = 5;
const CROWD = { app: APP, streams: STREAMS, viewers: 2_000, hot: 0, within: 20, leave: 0.01 };
const BEFORE = 3;
const AFTER = 6;
const LATER_MS = 90_000;
const WINDOW_MS = 10_000;
const BAR = 1.25;

interface Run {
  readonly viewers: number[];
  readonly sent: number[];
}

/** Three workers with viewers who stay for long; then there are six. */
async function run(rebalance: 'Auto' | 'Disabled'): Promise<Run> {
  const options = { rebalance, replicas: BEFORE };
  const cluster = await TestCluster.start(`grow-${rebalance.toLowerCase()}`, options);
  try {
    const many = { port: cluster.rtmpPort, count: STREAMS, app: APP, seconds: 300 };
    const load = await publishMany(many);
    const at = { port: cluster.httpPort, seconds: 200 };
    const crowd = await CheckedCrowd.come({ ...CROWD, ...at });
    writeResource(cluster.resourceFile, { ...options, replicas: AFTER });
    await cluster.ready(AFTER);
    await sleep(LATER_MS - WINDOW_MS);
    const sent = await sentBytes(cluster, WINDOW_MS);
    const viewers = (await cluster.api.workers()).map((worker) => worker.viewers);
    const report = await crowd.leave();
    console.log(`rebalance ${rebalance}: ${JSON.stringify(report)}`);
    expect(report).toMatchObject({ cut: 0, wrong: 0 });
    await load.stop();
    return { viewers, sent };
  } finally {
    await cluster.stop();
  }
}

describe('three workers with 2,000 viewers become six', { timeout: 480_000 }, () => {
  it('are loaded alike after 90 s, by newcomers alone', async () => {
    const random = await run('Disabled');
    const steered = await run('Auto');
    for (const [name, { sent, viewers }] of Object.entries({ random, steered })) {
      console.log(
        `${name}: max/mean of sent bytes ${maxOverMean(sent).toFixed(2)} (${megabytes(sent)} MB), ` +
          `of viewers ${maxOverMean(viewers).toFixed(2)} (${viewers.join(', ')})`,
      );
    }
    expect(maxOverMean(steered.sent)).toBeLessThanOrEqual(BAR);
    expect(maxOverMean(steered.sent)).toBeLessThan(maxOverMean(random.sent));
  });
});

const ASKING_MS = 30_000;

describe('three workers with 2,000 players of HLS become six', { timeout: 240_000 }, () => {
  it('are loaded alike after 30 s, by connections that end behind an answer', async () => {
    const options = { rebalance: 'Auto', replicas: BEFORE } as const;
    const cluster = await TestCluster.start('grow-hls', options);
    try {
      const many = { port: cluster.rtmpPort, count: STREAMS, app: APP, seconds: 200 };
      const load = await publishMany(many);
      const streams = Array.from({ length: STREAMS }, (_, i) => `${APP}/s-${i}`);
      const origin = `http://127.0.0.1:${cluster.httpPort}`;
      // Segments enough for a playlist.
      await sleep(10_000);
      const players = new AskingPlayers(CROWD.viewers, origin, streams);
      await sleep(10_000);
      writeResource(cluster.resourceFile, { ...options, replicas: AFTER });
      await cluster.ready(AFTER);
      await sleep(ASKING_MS);
      const workers = await cluster.api.workers();
      players.leave();
      const viewers = workers.map((worker) => worker.viewers);
      const highest = Math.max(...workers.map(({ loadOverMean }) => loadOverMean));
      console.log(
        `HLS: max/mean of load ${highest.toFixed(2)}, of viewers ${maxOverMean(viewers).toFixed(2)} (${viewers.join(', ')}); ` +
          `${players.asked} playlists, ${players.reconnects} reconnects, ${players.faults.length} faults`,
      );
      expect(players.faults).toEqual([]);
      expect(highest).toBeLessThanOrEqual(BAR);
      await load.stop();
    } finally {
      await cluster.stop();
    }
  });
});
