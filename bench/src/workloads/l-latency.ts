import { CLIP_2_MBPS, CLIP_7_MBPS, loadClip, type Clip } from '../generator/clip.ts';
import { LatencyProbe } from '../generator/latency-probe.ts';
import { ReadingViewer } from '../generator/reading-viewer.ts';
import { TimedPublisher } from '../generator/timed-publisher.ts';
import { patiently } from '../generator/wait.ts';
import { percentile } from '../measure/numbers.ts';
import type { Sample } from '../measure/sample.ts';
import type { ServerUnderTest } from '../server/server.ts';
import { ours } from './contenders.ts';
import { measurementOf } from './deliver.ts';
import { loopOf } from './loop-of.ts';
import { ramp } from './ramp.ts';
import { Show } from './show.ts';
import { APP, HOST, type Lab, type Measurement, type Workload } from './workload.ts';

const PROBES = 10;
const PROBE_MS = 10_000;
const SHARES = [0.1, 0.5, 0.8];
const ROUNDS_SHARE = 0.6;

/** How long from a publisher's write to a viewer's read, the busier the worker the longer. */
export const latency: Workload = {
  letter: 'L',
  title: 'Latency',
  async cases(sizes) {
    const [probed, load] = [await loadClip(CLIP_2_MBPS), await loadClip(CLIP_7_MBPS)];
    const clips = { probed, load, maxViewers: sizes.maxViewers };
    return [
      {
        key: 'L',
        title: 'Publisher to viewer at 10 %, 50 % and 80 % of a CPU',
        unit: 'viewer',
        contenders: [ours({ task: 'flv' }, (server, lab) => delays(server, lab, clips))],
        bars: [
          { kind: 'figure', figure: 'p50MsAt10', max: 25 },
          { kind: 'figure', figure: 'p99MsAt80', max: 250 },
          { kind: 'figure', figure: 'busyAt80', min: 0.7 },
          { kind: 'figure', figure: 'longestTurnMs', max: 50 },
        ],
        roundsShare: ROUNDS_SHARE,
      },
    ];
  },
};

interface Clips {
  readonly probed: Clip;
  /** What the viewers get who make the load. */
  readonly load: Clip;
  readonly maxViewers: number;
}

async function delays(
  server: ServerUnderTest,
  lab: Lab,
  { probed, load, maxViewers }: Clips,
): Promise<Measurement> {
  const probes = await Probes.start(server, lab, probed);
  const show = await Show.start({ lab, server, clip: load, streams: 1, protocol: 'flv' });
  try {
    const figures: Record<string, number> = {};
    let sample: Sample | undefined;
    for (const share of SHARES) {
      const busy = await ramp({
        ...{ share, idleBusy: lab.idleBusy, join: (count) => show.join(count) },
        room: () => maxViewers - show.audience.viewers.length,
      });
      lab.say(`  ${(busy * 100).toFixed(0)} % with ${show.audience.viewers.length} viewers`);
      // What the joining cost is left behind.
      await loopOf(server);
      probes.begin();
      sample = await show.sample();
      Object.assign(figures, probes.figures(Math.round(share * 100)));
      figures[`busyAt${Math.round(share * 100)}`] = sample.busy;
      const turnMs = (await loopOf(server))?.sinceLastLook.turnTime.maxMs ?? 0;
      figures['longestTurnMs'] = Math.max(figures['longestTurnMs'] ?? 0, turnMs);
    }
    if (sample === undefined) throw new Error('nothing was measured');
    const count = show.audience.viewers.length;
    const fault = probes.error ?? (await show.end());
    return measurementOf(sample, show.expectedBytes(), {
      figures: { ...figures, viewers: count },
      fault,
    });
  } finally {
    probes.close();
    await show.close();
  }
}

/** A stream of its own whose messages are timed, and who watches it. */
class Probes {
  private readonly publisher: TimedPublisher;
  private readonly probes: LatencyProbe[] = [];
  private readonly viewers: ReadingViewer[] = [];

  private constructor(publisher: TimedPublisher) {
    this.publisher = publisher;
  }

  static async start(server: ServerUnderTest, lab: Lab, clip: Clip): Promise<Probes> {
    const { engine } = lab;
    const name = `probe-${lab.tag}`;
    const { rtmp = 0, http = 0 } = server.ports;
    const target = { engine, host: HOST, port: rtmp, app: APP, name };
    const probes = new Probes(new TimedPublisher(target, clip));
    try {
      await probes.publisher.live;
      for (let i = 0; i < PROBES; i++) {
        const probe = new LatencyProbe(probes.publisher);
        probes.probes.push(probe);
        const at = { engine, host: HOST, port: http, path: `/${APP}/${name}.flv` };
        probes.viewers.push(new ReadingViewer(at, probe));
      }
      await patiently('the probes see a picture', PROBE_MS, () =>
        probes.probes.every(({ isStarted }) => isStarted),
      );
      return probes;
    } catch (error) {
      probes.close();
      throw error;
    }
  }

  begin(): void {
    for (const probe of this.probes) probe.begin();
  }

  figures(percent: number): Record<string, number> {
    const all = this.probes.flatMap(({ latenciesMs }) => latenciesMs);
    return {
      [`p50MsAt${percent}`]: percentile(all, 0.5),
      [`p99MsAt${percent}`]: percentile(all, 0.99),
    };
  }

  get error(): string | undefined {
    if (this.viewers.some(({ isClosed }) => isClosed)) return 'a probe was closed';
    return this.probes.find(({ error }) => error !== undefined)?.error;
  }

  close(): void {
    for (const { connection } of this.viewers) connection.close();
    this.publisher.close();
  }
}
