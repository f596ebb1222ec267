import { CLIP_2_MBPS, loadClip, type Clip } from '../generator/clip.ts';
import { CountingHttpViewer } from '../generator/viewer.ts';
import { sleep } from '../generator/wait.ts';
import type { ServerUnderTest } from '../server/server.ts';
import { ours } from './contenders.ts';
import { measurementOf } from './deliver.ts';
import { Show } from './show.ts';
import { HOST, type Lab, type Measurement, type Workload } from './workload.ts';

const PER_SECOND = 200;
const STAY_MS = 1000;
const STEP_MS = 5;
/** Who stays, to see whether anybody is disturbed. */
const PRESENT = 200;
const ROUNDS_SHARE = 0.6;

/** Two hundred viewers a second come, stay for one, and go. */
export const churn: Workload = {
  letter: 'M',
  title: 'Churn',
  async cases() {
    const clip = await loadClip(CLIP_2_MBPS);
    return [
      {
        key: 'M',
        title: `${PER_SECOND} FLV viewers a second come and go, ${PRESENT} stay`,
        unit: 'newcomer',
        contenders: [ours({ task: 'flv' }, (server, lab) => comeAndGo(server, lab, clip))],
        bars: [],
        roundsShare: ROUNDS_SHARE,
      },
    ];
  },
};

async function comeAndGo(server: ServerUnderTest, lab: Lab, clip: Clip): Promise<Measurement> {
  const show = await Show.start({ lab, server, clip, streams: 1, protocol: 'flv' });
  const passing = new Passing({
    ...{ engine: lab.engine, host: HOST, port: server.ports.http ?? 0, path: show.path },
  });
  try {
    await show.join(PRESENT);
    await sleep(lab.warmUpMs);
    const sample = await show.sample(() => passing.left);
    passing.stop();
    const figures = { unservedNewcomers: passing.unserved };
    const unserved =
      passing.unserved > 0 ? `${passing.unserved} newcomers got nothing in time` : undefined;
    const fault = (await show.end()) ?? unserved;
    return measurementOf(sample, show.expectedBytes(), {
      figures,
      fault,
    });
  } finally {
    passing.stop();
    await show.close();
  }
}

/** Viewers who come one by one and stay for a moment. */
class Passing {
  left = 0;
  /** Those who were not answered while they were there. */
  unserved = 0;
  private readonly present: { viewer: CountingHttpViewer; untilMs: number }[] = [];
  private readonly startedMs = performance.now();
  private readonly timer: NodeJS.Timeout;
  private came = 0;

  constructor(target: ConstructorParameters<typeof CountingHttpViewer>[0]) {
    this.timer = setInterval(() => {
      const nowMs = performance.now();
      const due = ((nowMs - this.startedMs) / 1000) * PER_SECOND;
      for (; this.came < due; this.came++) {
        const viewer = new CountingHttpViewer(target);
        this.present.push({ viewer, untilMs: nowMs + STAY_MS });
      }
      this.letGo(nowMs);
    }, STEP_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    for (const { viewer } of this.present) viewer.connection.close();
    this.present.length = 0;
  }

  private letGo(nowMs: number): void {
    const staying = this.present.findIndex(({ untilMs }) => untilMs > nowMs);
    for (const { viewer } of this.present.splice(0, staying < 0 ? Infinity : staying)) {
      this.left++;
      if (viewer.status !== 200 || viewer.isClosed) this.unserved++;
      viewer.connection.close();
    }
  }
}
