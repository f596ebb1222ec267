import type { Logger } from 'pino';
import type { Clock, Timer } from '../stream/clock.ts';
import { residenceOf } from './alignment.ts';
import type { Allowed } from './allowed.ts';
import type { CpuFacts } from './cpu-facts.ts';
import { isSameList } from './cpu-list.ts';
import type { Machine } from './machine.ts';
import { planPins, type PinPlan } from './pin-plan.ts';
import type { Threads } from './threads.ts';

export interface PinningOptions {
  /** Off: only looks. Auto: pins when the cpuset is smaller than the machine. */
  readonly mode: 'auto' | 'off';
  readonly threads: Threads;
  readonly readMachine: () => Machine;
  readonly clock: Clock;
  readonly log: Logger;
  /** The cpuset is another one than at the last look. */
  readonly onChange: () => void;
}

/** The kubelet changes shared pods' cpusets when an exclusive one comes or goes. */
const LOOK_MS = 10_000;
const UNKNOWN: Allowed = { cpus: [], memoryNodes: [] };

/**
 * Keeps the loop's thread on one CPU and every other thread off it, as far as
 * the cpuset has room. Looks again every ten seconds, because the cpuset changes
 * under it, older kernels then widen every thread, and threads that started
 * later have the loop's mask.
 */
export class Pinning {
  private readonly options: PinningOptions;
  private machine: Machine;
  private facts: CpuFacts | undefined = undefined;
  private plan: PinPlan | undefined = undefined;
  /** Narrower than the cpuset: whoever started us (taskset) wants it so. */
  private limit: readonly number[] | undefined = undefined;
  private timer: Timer | undefined = undefined;
  private isFaulty = false;

  constructor(options: PinningOptions) {
    this.options = options;
    this.machine = options.readMachine();
  }

  /** Call it when the threads that live as long as the process are there. */
  start(): void {
    this.look();
    this.timer = this.options.clock.setTimer(LOOK_MS, () => this.start());
  }

  close(): void {
    this.timer?.clear();
  }

  get current(): CpuFacts {
    return this.facts ?? this.describe(this.options.threads.allowed() ?? UNKNOWN);
  }

  private look(): void {
    const { facts, options } = this;
    const allowed = this.allowed();
    const isSame = facts !== undefined && isSameList(facts.allowedCpus, allowed.cpus);
    if (!isSame) this.machine = options.readMachine();
    const isExclusive = this.isExclusive(allowed);
    if (!isExclusive) this.release(allowed);
    this.plan = isExclusive ? this.pinnedTo(allowed) : undefined;
    this.facts = this.describe(allowed);
    if (isSame || facts === undefined) return;
    options.log.info({ before: facts.allowedCpus, ...this.facts }, 'cpuset changed');
    options.onChange();
  }

  /** Once pinned, a thread's own mask no longer shows the cpuset. */
  private allowed(): Allowed {
    const { threads } = this.options;
    const shown = threads.allowed() ?? UNKNOWN;
    if (this.plan === undefined) return shown;
    const cpus = this.cpuset();
    const within = cpus.filter((cpu) => this.limit?.includes(cpu) ?? true);
    return { cpus: within.length > 0 ? within : cpus, memoryNodes: shown.memoryNodes };
  }

  /** The kernel cuts a mask of all CPUs down to the cpuset. A helper's mask is
   * widened for that, and narrowed again by what follows. */
  private cpuset(): readonly number[] {
    const { threads } = this.options;
    const helper = threads.list().find((thread) => thread !== threads.loop) ?? threads.loop;
    let cpus: readonly number[] = [];
    this.tryPin(() => {
      if (threads.pin(helper, this.machine.onlineCpus)) cpus = threads.affinity(helper);
    });
    return cpus.length > 0 ? cpus : (this.facts?.allowedCpus ?? cpus);
  }

  private isExclusive({ cpus }: Allowed): boolean {
    return cpus.length > 0 && cpus.length < this.machine.onlineCpus.length;
  }

  private pinnedTo(allowed: Allowed): PinPlan | undefined {
    const { mode, threads } = this.options;
    const plan = planPins(allowed.cpus, this.machine, this.plan?.loopCpu);
    if (mode === 'off' || plan === undefined) return undefined;
    const isPinned = this.tryPin(() => {
      if (this.plan === undefined) this.noteLimit(allowed.cpus);
      for (const thread of threads.list()) {
        pinIfElsewhere(threads, thread, thread === threads.loop ? [plan.loopCpu] : plan.helperCpus);
      }
    });
    return isPinned ? plan : undefined;
  }

  private noteLimit(shown: readonly number[]): void {
    const cpuset = this.cpuset();
    this.limit = cpuset.length === 0 || isSameList(cpuset, shown) ? undefined : shown;
  }

  /** The cpuset grew to the whole machine: others run there, too. */
  private release(allowed: Allowed): void {
    const { threads } = this.options;
    if (this.plan === undefined || allowed.cpus.length === 0) return;
    this.tryPin(() => {
      for (const thread of threads.list()) pinIfElsewhere(threads, thread, allowed.cpus);
    });
  }

  /** It works without, only slower. Said once until it succeeds again. */
  private tryPin(pin: () => void): boolean {
    try {
      pin();
      this.isFaulty = false;
      return true;
    } catch (error) {
      const fields = { code: 'ENGINE_AFFINITY', err: error };
      if (!this.isFaulty) this.options.log.warn(fields, 'threads cannot be pinned');
      this.isFaulty = true;
      return false;
    }
  }

  private describe(allowed: Allowed): CpuFacts {
    const { threads } = this.options;
    return {
      cpus: threads.affinity(threads.loop),
      allowedCpus: allowed.cpus,
      memoryNodes: allowed.memoryNodes,
      ...residenceOf(allowed, this.machine),
      isExclusive: this.isExclusive(allowed),
      loopCpu: this.plan?.loopCpu,
    };
  }
}

function pinIfElsewhere(threads: Threads, thread: number, cpus: readonly number[]): void {
  if (!isSameList(threads.affinity(thread), cpus)) threads.pin(thread, cpus);
}
