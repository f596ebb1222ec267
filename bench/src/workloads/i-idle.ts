import { CLIP_IDLE, loadClip } from '../generator/clip.ts';
import { ours } from './contenders.ts';
import { takeIn } from './c-ingest.ts';
import type { Workload } from './workload.ts';

const ROUNDS_SHARE = 0.6;

/** Many streams that hardly send and that nobody watches. */
export const idleStreams: Workload = {
  letter: 'I',
  title: 'Idle streams',
  async cases(sizes) {
    const clip = await loadClip(CLIP_IDLE);
    const { idlePublishers: count } = sizes;
    return [
      {
        key: 'I',
        title: `${count} publishers of 10 messages/s, nobody watches`,
        unit: 'message',
        contenders: [
          ours({ task: 'ingest' }, async (server, lab) => {
            const before = server.residentBytes();
            const measurement = await takeIn(server, lab, clip, count);
            const bytesPerStream = (measurement.rssBytes - before) / count;
            return { ...measurement, figures: { ...measurement.figures, bytesPerStream } };
          }),
        ],
        bars: [{ kind: 'figure', figure: 'bytesPerStream', max: 100_000 }],
        roundsShare: ROUNDS_SHARE,
      },
    ];
  },
};
