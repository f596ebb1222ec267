import { certificate } from '../generator/certificate.ts';
import { CLIP_2_MBPS, loadClip, type Clip } from '../generator/clip.ts';
import type { ServerNeed } from '../server/server.ts';
import { floor, ours, peers } from './contenders.ts';
import { deliver } from './deliver.ts';
import { SEGMENT_BYTES } from './e-segments.ts';
import { serveFiles } from './serve-files.ts';
import type { Bar, Case, Contender, Sizes, Workload } from './workload.ts';

const TICK_MS = 100;
const SEGMENTS_PER_SECOND = 150;
const SEGMENT_CLIENTS = 100;
const FLOOR_BAR: Bar = { kind: 'ratio', of: 'ours', to: 'floor', max: 1.25 };

/** The same over TLS 1.3 with one cipher; the floor is a loop of OpenSSL in C. */
export const overTls: Workload = {
  letter: 'F',
  title: 'HTTPS-FLV and HTTPS-HLS',
  async cases(sizes) {
    const clip = await loadClip(CLIP_2_MBPS);
    const tls = await certificate();
    return [live(sizes, clip, tls), files(sizes, clip, tls)];
  },
};

function live(sizes: Sizes, clip: Clip, tls: NonNullable<ServerNeed['tls']>): Case {
  const { file: clipFile, bitsPerSecond } = clip;
  const need = { task: 'https-flv', clipFile, bitsPerSecond, tls, sendTickMs: TICK_MS } as const;
  const load = { clip, streams: 1, viewers: sizes.tlsClients, protocol: 'https-flv' } as const;
  const run: Contender['run'] = (server, lab) => deliver(server, lab, load);
  return {
    key: 'F-flv',
    title: `${sizes.tlsClients} HTTPS-FLV viewers of one stream of 2.0 Mb/s, tick ${TICK_MS} ms`,
    unit: 'viewer',
    contenders: [ours(need, run), floor(need, run), ...peers(sizes, need, run)],
    bars: [FLOOR_BAR],
  };
}

function files(sizes: Sizes, clip: Clip, tls: NonNullable<ServerNeed['tls']>): Case {
  const need = { task: 'https-segment', bodyBytes: SEGMENT_BYTES, tls } as const;
  const run: Contender['run'] = (server, lab) =>
    serveFiles(server, lab, {
      ...{ clip, what: 'segment', isTls: true, unitBytes: SEGMENT_BYTES },
      ...{ connections: SEGMENT_CLIENTS, perSecond: SEGMENTS_PER_SECOND },
    });
  return {
    key: 'F-hls',
    title: `${SEGMENTS_PER_SECOND} HTTPS segments of 512 KB a second, ${SEGMENT_CLIENTS} clients`,
    unit: '512 KB',
    contenders: [ours(need, run), floor(need, run), ...peers(sizes, need, run)],
    bars: [FLOOR_BAR, { kind: 'ratio', of: 'nginx', to: 'ours', min: 1.2 }],
  };
}
