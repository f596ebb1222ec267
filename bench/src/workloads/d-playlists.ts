import { CLIP_SMALL, loadClip } from '../generator/clip.ts';
import { floor, ours, peers } from './contenders.ts';
import { serveFiles } from './serve-files.ts';
import type { Contender, Workload } from './workload.ts';

const PLAYLIST_BYTES = 400;
const PER_SECOND = 20_000;

/** Many clients that ask for a small playlist over connections that stay. */
export const playlists: Workload = {
  letter: 'D',
  title: 'HLS playlists',
  async cases(sizes) {
    const clip = await loadClip(CLIP_SMALL);
    const { clients: connections } = sizes;
    const need = { task: 'playlist', bodyBytes: PLAYLIST_BYTES } as const;
    const requests = { clip, what: 'playlist', connections, perSecond: PER_SECOND } as const;
    const run: Contender['run'] = (server, lab) => serveFiles(server, lab, requests);
    return [
      {
        key: 'D',
        title: `${PER_SECOND} playlists of ${PLAYLIST_BYTES} B a second, ${connections} clients`,
        unit: 'playlist',
        contenders: [ours(need, run), floor(need, run), ...peers(sizes, need, run)],
        bars: [
          { kind: 'ratio', of: 'ours', to: 'floor', max: 1.6 },
          { kind: 'ratio', of: 'nginx', to: 'ours', min: 1.4 },
        ],
      },
    ];
  },
};
