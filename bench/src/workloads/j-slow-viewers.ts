import { CLIP_2_MBPS, loadClip, type Clip } from '../generator/clip.ts';
import { SlowReaders } from '../generator/slow-readers.ts';
import { sleep } from '../generator/wait.ts';
import type { ServerUnderTest } from '../server/server.ts';
import { ours } from './contenders.ts';
import { measurementOf } from './deliver.ts';
import { loopOf } from './loop-of.ts';
import { Show, viewerSeconds } from './show.ts';
import { HOST, type Lab, type Measurement, type Workload } from './workload.ts';

const TICK_MS = 100;
/** One in so many reads at half of the stream's rate. */
const SLOW = 10;
/** At half rate somebody is 5 s late, which is when a viewer jumps, after 10 s;
 * until socket buffers are full it takes as long again. */
const UNTIL_LATE_MS = 24_000;
const FLAT_BYTES = 30e6;

interface Crowd {
  readonly clip: Clip;
  readonly viewers: number;
  readonly slow: number;
}

/** A tenth of the viewers reads at half rate: do the others notice? */
export const slowViewers: Workload = {
  letter: 'J',
  title: 'Slow viewers',
  async cases(sizes) {
    const clip = await loadClip(CLIP_2_MBPS);
    const { viewers } = sizes;
    const slow = Math.round(viewers / SLOW);
    const need = { task: 'flv', sendTickMs: TICK_MS } as const;
    return [
      {
        key: 'J',
        title: `${viewers} FLV viewers, ${slow} of them read at half rate`,
        unit: 'viewer',
        contenders: [
          ours(need, (server, lab) => watch(server, lab, { clip, viewers, slow })),
          ours(
            need,
            (server, lab) => watch(server, lab, { clip, viewers, slow: 0 }),
            'ours, all fast',
          ),
        ],
        bars: [
          { kind: 'ratio', of: 'ours', to: 'ours, all fast', max: 1.1 },
          { kind: 'figure', figure: 'jumpsPerSlowViewer', min: 0.5 },
          { kind: 'figure', figure: 'grownBytes', max: FLAT_BYTES },
        ],
      },
    ];
  },
};

async function watch(server: ServerUnderTest, lab: Lab, crowd: Crowd): Promise<Measurement> {
  const { clip, viewers, slow } = crowd;
  const show = await Show.start({ lab, server, clip, streams: 1, protocol: 'flv' });
  const target = { host: HOST, port: server.ports.http ?? 0, path: show.path };
  const readers = new SlowReaders(slow, target, show.bytesPerSecond / 2);
  try {
    await show.join(viewers - slow);
    await sleep(slow > 0 ? UNTIL_LATE_MS : lab.warmUpMs);
    const before = server.residentBytes();
    const sample = await show.sample(viewerSeconds(viewers));
    const jumps = (await loopOf(server))?.engine.lateCursorsTotal ?? 0;
    const figures = {
      jumpsPerSlowViewer: slow === 0 ? 0 : jumps / slow,
      grownBytes: sample.rssBytes - before,
      closedSlowViewers: readers.closed,
    };
    readers.leave();
    const fault = await show.end();
    return measurementOf(sample, show.expectedBytes(), { figures, fault });
  } finally {
    readers.leave();
    await show.close();
  }
}
