import { CLIP_2_MBPS, loadClip } from '../generator/clip.ts';
import { floor, ours, peers } from './contenders.ts';
import { serveFiles } from './serve-files.ts';
import type { Contender, Workload } from './workload.ts';

export const SEGMENT_BYTES = 512 * 1024;
const PER_SECOND = 1000;
const CONNECTIONS = 100;

/** HLS segments of half a megabyte. Those of a real stream differ in size, so that
 * the unit is as many bytes. */
export const segments: Workload = {
  letter: 'E',
  title: 'HLS segments',
  async cases(sizes) {
    const clip = await loadClip(CLIP_2_MBPS);
    const need = { task: 'segment', bodyBytes: SEGMENT_BYTES } as const;
    const requests = { clip, what: 'segment', connections: CONNECTIONS } as const;
    const run: Contender['run'] = (server, lab) =>
      serveFiles(server, lab, { ...requests, perSecond: PER_SECOND, unitBytes: SEGMENT_BYTES });
    return [
      {
        key: 'E',
        title: `${PER_SECOND} segments of 512 KB a second, ${CONNECTIONS} clients`,
        unit: '512 KB',
        contenders: [ours(need, run), floor(need, run), ...peers(sizes, need, run)],
        bars: [
          { kind: 'ratio', of: 'ours', to: 'floor', max: 1.1 },
          { kind: 'ratio', of: 'nginx', to: 'ours', min: 1.15 },
        ],
      },
    ];
  },
};
