import { CLIP_2_MBPS, loadClip, type Clip } from '../generator/clip.ts';
import { GENERATOR_CPU } from '../measure/window.ts';
import { ours } from './contenders.ts';
import { deliver, type Delivery } from './deliver.ts';
import type { Case, Contender, Sizes, Workload } from './workload.ts';

/** At which relays are always served. */
const RELAY_TICK_MS = 20;
const TICK_MS = 100;
const STREAMS = 100;
const RELAY_BAR = 1.15;

/**
 * Two workers: publishers are at one, viewers at the other. That a relay is
 * drawn between them does not depend on which of both is a stream's home.
 */
export const relay: Workload = {
  letter: 'H',
  title: 'Relay',
  async cases(sizes) {
    const clip = await loadClip(CLIP_2_MBPS);
    return [atHome(clip), behind(sizes, clip)];
  },
};

/** What a hundred relays cost the worker that feeds them, and a hundred viewers. */
function atHome(clip: Clip): Case {
  const load: Delivery = { clip, streams: STREAMS, viewers: STREAMS, protocol: 'flv' };
  const need = { task: 'flv', sendTickMs: RELAY_TICK_MS } as const;
  return {
    key: 'H-home',
    title: `${STREAMS} relays at the home, against viewers at its tick of ${RELAY_TICK_MS} ms`,
    unit: 'relay',
    contenders: [
      ours(need, async (server, lab) => {
        const viewersAt = await lab.startWorker({ cpu: GENERATOR_CPU });
        return deliver(server, lab, { ...load, viewersAt });
      }),
      ours(need, (server, lab) => deliver(server, lab, load), 'ours, viewers'),
    ],
    bars: [{ kind: 'ratio', of: 'ours', to: 'ours, viewers', max: RELAY_BAR }],
  };
}

/** What viewers cost who are behind a relay, and those who are where the stream is. */
function behind(sizes: Sizes, clip: Clip): Case {
  const load: Delivery = { clip, streams: 1, viewers: sizes.viewers, protocol: 'flv' };
  const need = { task: 'flv', sendTickMs: TICK_MS } as const;
  const direct: Contender['run'] = (server, lab) => deliver(server, lab, load);
  return {
    key: 'H-behind',
    title: `${sizes.viewers} viewers behind a relay, tick ${TICK_MS} ms`,
    unit: 'viewer',
    contenders: [
      ours(need, async (server, lab) => {
        const publishersAt = await lab.startWorker({ cpu: GENERATOR_CPU });
        return deliver(publishersAt, lab, { ...load, viewersAt: server, measured: server });
      }),
      ours(need, direct, 'ours, without a relay'),
    ],
    bars: [{ kind: 'ratio', of: 'ours', to: 'ours, without a relay', max: RELAY_BAR }],
  };
}
