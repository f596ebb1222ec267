import { Broadcast } from '../generator/broadcast.ts';
import { CLIP_1_MBPS, loadClip, type Clip } from '../generator/clip.ts';
import { sleep } from '../generator/wait.ts';
import { takeSample } from '../measure/sample.ts';
import type { ServerKind, ServerUnderTest } from '../server/server.ts';
import { floor, ours, peers } from './contenders.ts';
import { measurementOf } from './measurement.ts';
import { compareStreams } from './compare-streams.ts';
import { APP, type Contender, type Lab, type Measurement, type Workload } from './workload.ts';

const TICK_MS = 20;
/** Until ours and the floor keep all that they will keep: from then on memory is
 * written over, before it pages are touched for the first time. */
const FILLED_MS = 30_000;
/** They keep nothing that nobody asks for. */
const KEEPS_NOTHING: readonly ServerKind[] = ['nginx-rtmp', 'node-media-server', 'lal'];

/** Many publishers, nobody watches. */
export const ingest: Workload = {
  letter: 'C',
  title: 'RTMP ingest',
  async cases(sizes) {
    const clip = await loadClip(CLIP_1_MBPS);
    const { file: clipFile, bitsPerSecond } = clip;
    const chosen = { task: 'ingest', clipFile, bitsPerSecond, streams: sizes.publishers } as const;
    const need = { ...chosen, readTickMs: TICK_MS };
    const run: Contender['run'] = (server, lab) =>
      takeIn(server, lab, { clip, publishers: sizes.publishers });
    return [
      {
        key: 'C',
        title: `${sizes.publishers} publishers of 61 messages/s, 1.0 Mb/s, read tick ${TICK_MS} ms`,
        unit: 'message',
        contenders: [
          ...[ours(need, run), floor(need, run), ours(chosen, run, 'ours, adaptive')],
          ...peers(sizes, need, run),
        ],
        bars: [
          { kind: 'ratio', of: 'ours', to: 'floor', max: 2 },
          { kind: 'ratio', of: 'nginx-rtmp', to: 'ours', min: 3 },
          { kind: 'ratio', of: 'node-media-server', to: 'ours', min: 8 },
        ],
      },
    ];
  },
};

export interface Intake {
  readonly clip: Clip;
  readonly publishers: number;
  /** How many of them come in a second, when not as usual. */
  readonly perSecond?: number;
}

/** Publishes and measures; of our worker some streams are read and compared afterwards. */
export async function takeIn(
  server: ServerUnderTest,
  lab: Lab,
  intake: Intake,
): Promise<Measurement> {
  const { engine } = lab;
  const { clip, publishers: count } = intake;
  const names = Array.from({ length: count }, (_, i) => `i${i}-${lab.tag}`);
  const broadcast = await Broadcast.start({ ...intake, engine, server, app: APP, names });
  try {
    await sleep(KEEPS_NOTHING.includes(server.kind) ? lab.warmUpMs : FILLED_MS);
    await broadcast.feed.untilMidGop();
    const { feed } = broadcast;
    const published: number[] = [];
    const sample = await takeSample(server, lab, () => {
      published.push(feed.rtmpBytes);
      return { bytes: broadcast.sentBytes(), units: feed.messages * count };
    });
    const [from = 0, to = 0] = published;
    const fault = broadcast.lost > 0 ? `${broadcast.lost} publishers were closed` : undefined;
    const wrong = fault ?? (await compareStreams(server, lab, { clip, names }));
    return measurementOf(sample, (to - from) * count, { fault: wrong });
  } finally {
    await broadcast.end();
  }
}
