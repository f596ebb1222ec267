import { CLIP_2_MBPS, loadClip, type Clip } from '../generator/clip.ts';
import { StartingViewer } from '../generator/starting-viewer.ts';
import { patiently, sleep } from '../generator/wait.ts';
import { percentile } from '../measure/numbers.ts';
import type { ServerUnderTest } from '../server/server.ts';
import { ours } from './contenders.ts';
import { measurementOf } from './deliver.ts';
import { Show } from './show.ts';
import { HOST, type Lab, type Measurement, type Workload } from './workload.ts';

const NEWCOMERS = 2000;
const STORM_MS = 1000;
const STEP_MS = 10;
const PATIENCE_MS = 10_000;
const ROUNDS_SHARE = 0.6;

/** Two thousand viewers come within a second, where others are watching. */
export const joinStorm: Workload = {
  letter: 'K',
  title: 'Join storm',
  async cases(sizes) {
    const clip = await loadClip(CLIP_2_MBPS);
    const present = Math.round(sizes.viewers / 2);
    return [
      {
        key: 'K',
        title: `${NEWCOMERS} viewers join ${present} within a second`,
        unit: 'newcomer',
        contenders: [ours({ task: 'flv' }, (server, lab) => storm(server, lab, { clip, present }))],
        bars: [{ kind: 'figure', figure: 'slowestStartMs', max: 1000 }],
        roundsShare: ROUNDS_SHARE,
      },
    ];
  },
};

async function storm(
  server: ServerUnderTest,
  lab: Lab,
  { clip, present }: { clip: Clip; present: number },
): Promise<Measurement> {
  const show = await Show.start({ lab, server, clip, streams: 1, protocol: 'flv' });
  const newcomers: StartingViewer[] = [];
  try {
    await show.join(present);
    await sleep(lab.warmUpMs);
    const target = { engine: lab.engine, host: HOST, port: server.ports.http ?? 0 };
    const begin = Promise.withResolvers<undefined>();
    const sampling = show.sample(() => {
      begin.resolve(undefined);
      return newcomers.length;
    });
    await Promise.race([begin.promise, sampling]);
    await comeWithin(STORM_MS, NEWCOMERS, () => {
      newcomers.push(new StartingViewer({ ...target, path: show.path }));
    });
    const sample = await sampling;
    await patiently('all newcomers see a picture or are closed', PATIENCE_MS, () =>
      newcomers.every(({ tookMs, viewer }) => tookMs >= 0 || viewer.isClosed),
    );
    const times = newcomers.filter(({ tookMs }) => tookMs >= 0).map(({ tookMs }) => tookMs);
    const unserved = NEWCOMERS - times.length;
    const figures = {
      medianStartMs: percentile(times, 0.5),
      slowestStartMs: Math.max(...times),
      unservedNewcomers: unserved,
    };
    const lost = await show.end();
    const fault = unserved > 0 ? `${unserved} newcomers got no picture` : lost;
    return measurementOf(sample, show.expectedBytes(), { figures, fault });
  } finally {
    for (const { viewer } of newcomers) viewer.connection.close();
    await show.close();
  }
}

/** Calls so often, evenly over a time. */
async function comeWithin(durationMs: number, count: number, come: () => void): Promise<void> {
  const startedMs = performance.now();
  let came = 0;
  while (came < count) {
    const due = Math.min(count, ((performance.now() - startedMs) / durationMs) * count);
    for (; came < due; came++) come();
    await sleep(STEP_MS);
  }
}
