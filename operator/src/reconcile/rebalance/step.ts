import {
  CYCLE_MS,
  FIRST_CYCLE,
  planCycle,
  type CyclePlan,
  type CycleState,
  type Random,
} from '@streamcluster/placement';
import type { DirectoryEntry } from '@streamcluster/proto';
import type { Clock } from '../../clock.ts';
import type { StreamDecisions } from '../../fleet/stream-decisions.ts';
import { APPROVE_ANNOTATION } from '../../specs/names.ts';
import type { Effects, Observation, Step } from '../step.ts';
import { RebalanceAnnouncer } from './announcer.ts';
import { Approval } from './approval.ts';
import { isDone, type Change, type ChangeKind, type ChangeOutcome } from './change.ts';
import { Mover } from './mover.ts';
import { Patience } from './patience.ts';
import { cycleSettings, pictureOf } from './picture.ts';
import { doesSomething, planRecord, type PlanRecord } from './plan-record.ts';
import { Steering } from './steering.ts';

export interface RebalanceStepOptions {
  readonly effects: Effects;
  readonly decisions: StreamDecisions;
  readonly onStreamChange: (kind: ChangeKind, outcome: ChangeOutcome) => void;
  readonly clock: Clock;
  readonly random: Random;
}

/** Two reports and their jitter: until then who was not heard may be well. */
const LISTEN_MS = 8_000;
const MAX_RECENT = 20;

type Directory = ReadonlyMap<string, DirectoryEntry>;

/**
 * Keeps load even: plans a cycle every few seconds and has it carried out while
 * passes go on. What is decided is placement's; here it is fed, bounded and fenced.
 */
export class RebalanceStep implements Step {
  readonly name = 'rebalance';
  readonly steering = new Steering();
  private readonly options: RebalanceStepOptions;
  private readonly announcer: RebalanceAnnouncer;
  private readonly approval = new Approval();
  private readonly patience = new Patience();
  private readonly mover: Mover;
  private readonly recent: PlanRecord[] = [];
  private latest: PlanRecord | undefined = undefined;
  private state: CycleState | undefined = undefined;
  private observation: Observation | undefined = undefined;
  private firstRunMs: number | undefined = undefined;
  private dueMs = -Infinity;
  private isStopped = false;

  constructor(options: RebalanceStepOptions) {
    this.options = options;
    const { effects, clock } = options;
    const { runtime, control, log } = effects;
    this.announcer = new RebalanceAnnouncer({ runtime, log });
    this.mover = new Mover({
      ...{ control, clock, log },
      addressOf: (worker) => this.observation?.sightings.get(worker)?.report.grpcAddress,
      onOutcome: (change) => this.onOutcome(change),
    });
  }

  /** The newest plan; in a dry run the one that can be approved. */
  get plan(): PlanRecord | undefined {
    return this.approval.plan ?? this.latest;
  }

  /** Plans that did something, newest last. */
  get plans(): readonly PlanRecord[] {
    return this.recent;
  }

  get running(): readonly Change[] {
    return this.mover.running;
  }

  run(observation: Observation): Promise<number | undefined> {
    // Of a pass that began before another one led.
    if (this.isStopped) return Promise.resolve(undefined);
    this.observation = observation;
    this.firstRunMs ??= observation.nowMs;
    this.steering.begin(observation);
    this.followMode(observation);
    const { nowMs } = observation;
    if (nowMs >= this.dueMs && this.isKnown(observation)) {
      this.dueMs = nowMs + CYCLE_MS;
      this.cycle(observation, observation.directory);
    }
    return Promise.resolve(this.dueMs > nowMs ? this.dueMs - nowMs : undefined);
  }

  /** Another one leads: nothing more is begun. */
  stop(): void {
    this.isStopped = true;
    this.mover.stop();
  }

  private followMode({ resource, nowMs }: Observation): void {
    const { mode } = resource.spec.rebalance;
    if (mode !== 'Auto') this.steering.clear();
    if (mode === 'Disabled') this.mover.stop();
    if (mode !== 'DryRun') {
      this.approval.drop();
      return;
    }
    if (this.mover.isBusy) return;
    const asked = resource.metadata.annotations?.[APPROVE_ANNOTATION];
    const answer = this.approval.answer(asked);
    if (answer === 'unknown') this.announcer.notKnown(asked ?? '');
    else if (answer !== undefined) {
      this.coolDown(answer, nowMs);
      void this.carryOut(answer);
    }
  }

  /** What a dry run planned was not counted as touched; now it is. */
  private coolDown({ changes }: PlanRecord, nowMs: number): void {
    if (this.state === undefined) return;
    const touched = changes.map(({ stream }) => [stream, nowMs] as const);
    const touchedAtMs = new Map([...this.state.touchedAtMs, ...touched]);
    this.state = { ...this.state, touchedAtMs };
  }

  private isKnown(
    observation: Observation,
  ): observation is Observation & { readonly directory: Directory } {
    const { directory, isBusConnected, nowMs } = observation;
    const listenedMs = nowMs - (this.firstRunMs ?? nowMs);
    return directory !== undefined && isBusConnected && listenedMs >= LISTEN_MS;
  }

  private cycle(observation: Observation, directory: Directory): void {
    const { resource, nowMs, unixMs } = observation;
    const isMoving = this.mover.isBusy;
    const isSteering = this.steering.off(observation).size > 0;
    const plan = this.planned(observation, directory, isMoving ? 0 : undefined);
    const { mode } = resource.spec.rebalance;
    if (mode === 'Auto' && plan.reason !== 'TooManySilent') this.steering.plan(plan.closed, nowMs);
    // Newcomers do not wait for moves; other figures tell nothing new meanwhile.
    if (isMoving) return;
    const record = planRecord({ plan, directory, id: this.newId(), unixMs, isSteering });
    this.latest = record;
    this.announcer.planned(record);
    this.options.decisions.retain(directory, unixMs);
    if (mode !== 'Auto') this.onlySay(record, plan, nowMs);
    else this.act(record, plan);
  }

  private planned(observation: Observation, directory: Directory, budget?: number): CyclePlan {
    const { resource, nowMs } = observation;
    const settings = cycleSettings(resource.spec);
    this.state ??= stateOfNewcomer(directory, nowMs);
    return planCycle({
      settings: { ...settings, maxMovesPercent: budget ?? settings.maxMovesPercent },
      picture: pictureOf(
        observation,
        this.patience.without(directory, nowMs),
        this.steering.off(observation),
      ),
      ...{ state: this.state, nowMs, random: this.options.random },
    });
  }

  private act(record: PlanRecord, plan: CyclePlan): void {
    this.state = plan.state;
    if (doesSomething(record)) void this.carryOut(record);
  }

  /** Nothing was touched: the next plan is made as if there had been none. */
  private onlySay(record: PlanRecord, { state }: CyclePlan, nowMs: number): void {
    const touchedAtMs = this.state?.touchedAtMs ?? state.touchedAtMs;
    this.state = { ...state, touchedAtMs, movedAt: undefined };
    if (this.observation?.resource.spec.rebalance.mode !== 'DryRun') return;
    if (this.approval.offer(record, nowMs)) this.announcer.proposed(record);
  }

  private async carryOut(record: PlanRecord): Promise<void> {
    const { clock } = this.options;
    this.recent.push(record);
    if (this.recent.length > MAX_RECENT) this.recent.shift();
    await this.mover.carryOut(record.changes);
    if (this.isStopped) return;
    // Reports have to show what it did, before more is done.
    this.dueMs = clock.nowMs() + CYCLE_MS;
    const hasMoved = record.changes.some((one) => one.kind === 'Move' && isDone(one));
    if (!hasMoved && this.state !== undefined) this.state = { ...this.state, movedAt: undefined };
    this.announcer.carriedOut(record);
  }

  private onOutcome(change: Change): void {
    const { clock, decisions, onStreamChange } = this.options;
    const { stream, kind, why, outcome } = change;
    this.patience.note(change, clock.nowMs());
    onStreamChange(kind, outcome);
    decisions.note(stream, { unixMs: clock.unixMs(), kind, why, outcome });
  }

  private newId(): string {
    return Math.floor(this.options.random.next() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  }
}

/** Of one that begins to lead, and does not know what another moved a moment ago:
 * all streams cool down. Splits go on. */
function stateOfNewcomer(directory: Directory, nowMs: number): CycleState {
  const touchedAtMs = new Map([...directory.keys()].map((stream) => [stream, nowMs]));
  return { ...FIRST_CYCLE, touchedAtMs };
}
