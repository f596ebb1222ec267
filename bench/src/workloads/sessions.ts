import { Broadcast } from '../generator/broadcast.ts';
import { CLIP_SMALL, GOP_SECONDS, loadClip, type Clip } from '../generator/clip.ts';
import { LivePlayers } from '../generator/live-players.ts';
import { sleep } from '../generator/wait.ts';
import { plainDial } from '../generator/wire.ts';
import { takeSample } from '../measure/sample.ts';
import type { ServerUnderTest } from '../server/server.ts';
import { beforeSessions, ours } from './contenders.ts';
import { measurementOf } from './measurement.ts';
import { runIn } from './run-in.ts';
import { viewerSeconds } from './show.ts';
import { APP, HOST, type Lab, type Measurement, type Workload } from './workload.ts';

const WITHIN_MS = 8_000;
const ROUNDS_SHARE = 0.8;

/** Players of live HLS at their own pace, each a session; beside the same at the
 * revision in which they had none (docs/adr/0017). */
export const sessions: Workload = {
  letter: 'sessions',
  title: 'Sessions of HLS players',
  async cases({ clients }) {
    const clip = await loadClip(CLIP_SMALL);
    const need = { task: 'hls' } as const;
    const run = (server: ServerUnderTest, lab: Lab): Promise<Measurement> =>
      play(server, lab, { clip, players: clients });
    return [
      {
        key: 'sessions',
        title: `${clients} players of one live stream by HLS`,
        unit: 'player',
        contenders: [ours(need, run), beforeSessions(need, run)],
        bars: [{ kind: 'ratio', of: 'ours', to: 'ours, without sessions', max: 1.15 }],
        roundsShare: ROUNDS_SHARE,
      },
    ];
  },
};

interface Play {
  readonly clip: Clip;
  readonly players: number;
}

async function play(
  server: ServerUnderTest,
  lab: Lab,
  { clip, players }: Play,
): Promise<Measurement> {
  const { http: port = 0 } = server.ports;
  const name = `p-${lab.tag}`;
  await runIn(lab, server, clip);
  const broadcast = await Broadcast.start({
    ...{ engine: lab.engine, server, app: APP, names: [name], clip },
  });
  const group = new LivePlayers({
    ...{ dial: plainDial(lab.engine, HOST, port), host: HOST, port, count: players },
    ...{ paths: [`/${APP}/${name}.m3u8`], withinMs: WITHIN_MS },
    // Without sessions players were told apart by this.
    agent: (player) => `player/${player}`,
  });
  try {
    await group.come();
    await sleep(lab.warmUpMs);
    const segments: number[] = [];
    const units = viewerSeconds(players);
    const sample = await takeSample(server, lab, () => {
      segments.push(group.segments);
      return { bytes: group.bytes, units: units() };
    });
    const [from = 0, to = 0] = segments;
    const fetched = (to - from) / players;
    const wanted = sample.seconds / GOP_SECONDS;
    const expected = (sample.bytes / fetched) * wanted;
    const figures = { segmentsPerPlayerSecond: fetched / sample.seconds };
    return measurementOf(sample, expected, { figures, fault: group.fault });
  } finally {
    group.leave();
    await broadcast.end();
  }
}
