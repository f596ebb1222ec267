import type { Engine } from '@streamcluster/worker';
import { measureWindow } from './measure/window.ts';
import type { CaseResult } from './results.ts';
import { runRounds, type Run } from './rounds.ts';
import type { ServerFactory, ServerKind } from './server/server.ts';
import type { Servers } from './server/servers.ts';
import type { Case, Contender, Measurement, Workload } from './workloads/workload.ts';
import { percent } from './report/words.ts';

const IDLE_SECONDS = 2;
/** More is the work of others, who come and go: taking it off would be a guess, and
 * rounds in pairs are for that. */
const IDLE_MAX = 0.02;
const RUN_MS = 180_000;
/** The CPU comes to rest behind the run before. */
const PAUSE_MS = 300;

export interface BenchOptions {
  readonly engine: Engine;
  readonly servers: Servers;
  readonly factories: ReadonlyMap<ServerKind, ServerFactory>;
  readonly seconds: number;
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly say: (text: string) => void;
}

/** Runs cases: starts servers, gives them to contenders, sees to it that they end. */
export class BenchRun {
  private readonly options: BenchOptions;
  private runs = 0;
  /** What the server's CPU does when nothing is under test: the least that was seen. */
  private idleBusy = IDLE_MAX;

  constructor(options: BenchOptions) {
    this.options = options;
  }

  /** All rounds of one case with the given contenders, ours first. */
  async runCase(
    workload: Workload,
    one: Case,
    contenders: readonly Contender[],
  ): Promise<CaseResult> {
    const { say, rounds } = this.options;
    say(`${one.key}: ${one.title}`);
    const { server } = await measureWindow(IDLE_SECONDS, () => ({}));
    if (server.busy > IDLE_MAX) say(`  others keep the CPU ${percent(server.busy)} busy`);
    this.idleBusy = Math.min(this.idleBusy, server.busy);
    const { idleBusy } = this;
    const byName = new Map(contenders.map((contender) => [contender.name, contender]));
    const runs = await runRounds<Measurement>({
      contenders: [...byName.keys()],
      wanted: Math.max(1, Math.round(rounds * (one.roundsShare ?? 1))),
      run: (name) => this.runOne(byName.get(name)),
      faultOf: ({ fault }) => fault,
      onRun: (run) => say(lineOf(run)),
    });
    const { key, title, unit, bars, curves = [] } = one;
    return {
      ...{ at: new Date().toISOString(), key, title, unit, bars, curves, idleBusy, runs },
      ...{ letter: workload.letter, workload: workload.title },
      contenders: contenders.map(({ name, role, kind }) => ({ name, role, kind })),
    };
  }

  private async runOne(contender: Contender | undefined): Promise<Measurement> {
    const { engine, servers, factories, seconds, warmUpMs, say } = this.options;
    const factory = contender === undefined ? undefined : factories.get(contender.kind);
    if (contender === undefined || factory === undefined) throw new Error('nothing to start');
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const server = await factory.start(contender.need);
    const tag = `${process.pid.toString(36)}-${(this.runs++).toString(36)}`;
    const lab = { engine, seconds, warmUpMs, idleBusy: this.idleBusy, tag, say };
    try {
      const running = contender.run(server, {
        ...lab,
        startWorker: (options) => servers.startWorker(options),
      });
      return await within(RUN_MS, running);
    } finally {
      await server.stop();
      await servers.stopWorkers();
    }
  }
}

/** Rejects when it takes longer; what goes on then ends with its server. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function lineOf({ round, contender, measurement, fault }: Run<Measurement>): string {
  const what =
    measurement === undefined
      ? ''
      : ` ${percent(measurement.busy)}, generator ${percent(measurement.generatorBusy)}`;
  return `  ${round + 1} ${contender}${what}${fault === undefined ? '' : ` DOES NOT COUNT: ${fault}`}`;
}
