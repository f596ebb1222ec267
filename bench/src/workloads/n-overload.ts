import { Broadcast } from '../generator/broadcast.ts';
import { CLIP_7_MBPS, loadClip, type Clip } from '../generator/clip.ts';
import { CountingHttpViewer, type CountingViewer } from '../generator/viewer.ts';
import { sleep } from '../generator/wait.ts';
import type { ServerUnderTest } from '../server/server.ts';
import { ours } from './contenders.ts';
import { measurementOf } from './deliver.ts';
import { Show } from './show.ts';
import { APP, HOST, type Lab, type Measurement, type Workload } from './workload.ts';

const PER_SECOND = 400;
const STEP_MS = 10;
/** Twice as many try as were taken in when the first was refused. */
const TIMES = 2;
const HOLD_MS = 4000;
const RECOVER_MS = 15_000;
const RECOVER_STEP_MS = 200;
const ROUNDS_SHARE = 0.6;

/** Twice as many viewers want in as the CPU can carry. */
export const overload: Workload = {
  letter: 'N',
  title: 'Overload',
  async cases(sizes) {
    const clip = await loadClip(CLIP_7_MBPS);
    const { maxViewers } = sizes;
    return [
      {
        key: 'N',
        title: 'Twice the viewers of 7.5 Mb/s that a CPU can carry',
        unit: 'viewer',
        contenders: [
          ours({ task: 'flv' }, (server, lab) => crowd(server, lab, { clip, maxViewers })),
        ],
        bars: [
          { kind: 'figure', figure: 'unclearRefusals', max: 0 },
          { kind: 'figure', figure: 'recoveredMs', max: RECOVER_MS },
        ],
        roundsShare: ROUNDS_SHARE,
      },
    ];
  },
};

async function crowd(
  server: ServerUnderTest,
  lab: Lab,
  { clip, maxViewers }: { clip: Clip; maxViewers: number },
): Promise<Measurement> {
  const { engine } = lab;
  const quiet = `quiet-${lab.tag}`;
  const beside = await Broadcast.start({ engine, server, app: APP, names: [quiet], clip });
  const show = await Show.start({ lab, server, clip, streams: 1, protocol: 'flv' });
  try {
    const refused = await pressIn(show, maxViewers);
    const admitted = show.audience.viewers.length;
    lab.say(`  ${admitted} viewers taken in, ${refused.length} refused`);
    await sleep(HOLD_MS);
    const sample = await show.sample();
    const fault = await show.end();
    const at = { engine, host: HOST, port: server.ports.http ?? 0, path: `/${APP}/${quiet}.flv` };
    const figures = {
      admitted,
      refused: refused.length,
      unclearRefusals: refused.filter((viewer) => !isClear(viewer)).length,
      recoveredMs: await untilAdmitted(() => new CountingHttpViewer(at)),
    };
    const none = refused.length === 0 ? `all of ${admitted} were taken in` : undefined;
    return measurementOf(sample, show.expectedBytes(), { figures, fault: fault ?? none });
  } finally {
    await show.close();
    await beside.end();
  }
}

/** Lets viewers come until twice as many have tried as were taken in before the first
 * refusal. Returns those who were refused. */
async function pressIn(show: Show, maxViewers: number): Promise<CountingViewer[]> {
  const { audience } = show;
  const refused: CountingViewer[] = [];
  const startedMs = performance.now();
  let wanted = maxViewers;
  for (let tried = 0; tried < wanted;) {
    const due = Math.min(wanted, ((performance.now() - startedMs) / 1000) * PER_SECOND);
    for (; tried < due; tried++) audience.joinOne();
    await sleep(STEP_MS);
    refused.push(...audience.takeRefused());
    if (refused.length > 0) {
      wanted = Math.min(wanted, Math.max(tried, TIMES * (tried - refused.length)));
    }
  }
  await audience.answered();
  return [...refused, ...audience.takeRefused()];
}

/** HTTP 503 that says when to come again. */
function isClear(viewer: CountingViewer): boolean {
  const { status } = viewer;
  if (!(viewer instanceof CountingHttpViewer)) return false;
  return status === 503 && /\r\nretry-after: *\d+/i.test(viewer.refusal);
}

/** Milliseconds until a newcomer is served; Infinity: none was. */
async function untilAdmitted(open: () => CountingHttpViewer): Promise<number> {
  const startedMs = performance.now();
  while (performance.now() - startedMs < RECOVER_MS) {
    const viewer = open();
    await sleep(RECOVER_STEP_MS);
    const { status } = viewer;
    viewer.connection.close();
    if (status === 200) return performance.now() - startedMs;
  }
  return Infinity;
}
