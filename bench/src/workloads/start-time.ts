import { Broadcast } from '../generator/broadcast.ts';
import { CLIP_2_MBPS, loadClip, type Clip } from '../generator/clip.ts';
import { StartingViewer } from '../generator/starting-viewer.ts';
import { patiently, sleep } from '../generator/wait.ts';
import { percentile } from '../measure/numbers.ts';
import { takeSample } from '../measure/sample.ts';
import type { ServerUnderTest } from '../server/server.ts';
import { ours } from './contenders.ts';
import { APP, HOST, type Lab, type Measurement, type Workload } from './workload.ts';

const SAMPLES = 40;
const PATIENCE_MS = 10_000;
/** Viewers come at any moment of a group of pictures. */
const PAUSE_MS = 70;
/** A window of HLS segments, which a new relay fetches too. */
const WINDOW_MS = 15_000;

/**
 * Time from connect() to the last byte of the first key frame, by a client of
 * our own (players probe for up to two seconds): on the worker that has the
 * stream, and on one that has to open a relay first.
 */
export const startTime: Workload = {
  letter: 'start',
  title: 'Start',
  async cases() {
    const clip = await loadClip(CLIP_2_MBPS);
    return [
      {
        key: 'start',
        title: 'Connect to whole first key frame',
        unit: 'start',
        contenders: [ours({ task: 'flv' }, (server, lab) => starts(server, lab, clip))],
        bars: [
          { kind: 'figure', figure: 'hereMedianMs', max: 20 },
          { kind: 'figure', figure: 'relayMedianMs', max: 60 },
        ],
        roundsShare: 0.2,
      },
    ];
  },
};

async function starts(server: ServerUnderTest, lab: Lab, clip: Clip): Promise<Measurement> {
  const { engine } = lab;
  const other = await lab.startWorker({});
  const names = Array.from({ length: SAMPLES }, (_, i) => `start${i}-${lab.tag}`);
  const broadcast = await Broadcast.start({ engine, server, app: APP, names, clip });
  try {
    await sleep(WINDOW_MS);
    const here: number[] = [];
    const relayed: number[] = [];
    const first = names[0] ?? '';
    // Nothing is compared by CPU here; the window only says what it was meanwhile.
    const sampling = takeSample(server, lab, () => ({ bytes: 0, units: here.length }));
    for (let i = 0; i < SAMPLES; i++) here.push(await firstKeyFrame(server, lab, first));
    const sample = await sampling;
    for (const name of names) relayed.push(await firstKeyFrame(other, lab, name));
    const { busy, generatorBusy, rssBytes, unitsPerSecond } = sample;
    const figures = {
      hereMedianMs: percentile(here, 0.5),
      hereP95Ms: percentile(here, 0.95),
      relayMedianMs: percentile(relayed, 0.5),
      relayP95Ms: percentile(relayed, 0.95),
    };
    const totals = { bytesDelivered: 0, expectedBytes: 0 };
    return { busy, generatorBusy, rssBytes, unitsPerSecond, ...totals, figures };
  } finally {
    await broadcast.end();
  }
}

async function firstKeyFrame(server: ServerUnderTest, lab: Lab, name: string): Promise<number> {
  const at = { engine: lab.engine, host: HOST, port: server.ports.http ?? 0 };
  const starting = new StartingViewer({ ...at, path: `/${APP}/${name}.flv` });
  const { viewer } = starting;
  try {
    await patiently(`a key frame of ${name}`, PATIENCE_MS, () => {
      return starting.tookMs >= 0 || viewer.isClosed;
    });
    if (starting.tookMs < 0) throw new Error(`${name} was answered ${viewer.status}`);
    return starting.tookMs;
  } finally {
    viewer.connection.close();
    await sleep(PAUSE_MS);
  }
}
