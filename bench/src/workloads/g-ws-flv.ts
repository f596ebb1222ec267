import { CLIP_2_MBPS, loadClip } from '../generator/clip.ts';
import { ours, peers } from './contenders.ts';
import { deliver } from './deliver.ts';
import type { Contender, Workload } from './workload.ts';

const TICK_MS = 100;
/** Of those with HTTP-FLV, the one that has WebSocket too. */
const PEER = 'node-media-server';

/** Viewers over WebSocket. */
export const wsFlv: Workload = {
  letter: 'G',
  title: 'WS-FLV fan-out',
  async cases(sizes) {
    const clip = await loadClip(CLIP_2_MBPS);
    const need = { task: 'flv', sendTickMs: TICK_MS } as const;
    const load = { clip, streams: 1, viewers: sizes.viewers, protocol: 'ws-flv' } as const;
    const run: Contender['run'] = (server, lab) => deliver(server, lab, load);
    const others = peers(sizes, need, run).filter(({ kind }) => kind === PEER);
    return [
      {
        key: 'G',
        title: `${sizes.viewers} WS-FLV viewers of one stream of 2.0 Mb/s, tick ${TICK_MS} ms`,
        unit: 'viewer',
        contenders: [ours(need, run), ...others],
        bars: [],
      },
    ];
  },
};
