import type { StreamClusterSpec } from '../../api/spec.ts';
import type { WorkerSighting } from '../../fleet/fleet.ts';
import type { Effects } from '../step.ts';

/** Why a worker is to be emptied, as the worker and users are told. */
export type DrainReason = 'Command' | 'NodeCordon' | 'ScaleDown' | 'Update' | 'Deleted';

/** Tells workers to drain, each process once. */
export class DrainCalls {
  private readonly effects: Effects;
  /** Worker -> start of the process that heard it. */
  private readonly told = new Map<string, bigint>();
  /** Complained of once, until they answer. */
  private readonly deaf = new Set<string>();

  constructor(effects: Effects) {
    this.effects = effects;
  }

  /** Never rejects: who does not hear it is asked again, or by other means. */
  async tell(
    name: string,
    sighting: WorkerSighting | undefined,
    { drain }: Pick<StreamClusterSpec, 'drain'>,
    reason: DrainReason,
  ): Promise<void> {
    const { control, markDraining } = this.effects;
    markDraining(name, true);
    if (sighting === undefined || this.hasHeard(sighting)) return;
    const { deadlineSeconds, publisherGraceSeconds, lingerSeconds } = drain;
    const request = { deadlineSeconds, publisherGraceSeconds, lingerSeconds, reason };
    try {
      await control.drain(sighting.report.grpcAddress, request);
      this.told.set(name, sighting.report.startedUnixMs);
      this.deaf.delete(name);
    } catch (error) {
      this.complain(name, error, 'drain not heard');
    }
  }

  /** Back to work. Rejects nothing: it is asked again while it reports that it drains. */
  async takeBack(name: string, { report }: WorkerSighting): Promise<void> {
    const { control, log, markDraining } = this.effects;
    this.told.delete(name);
    try {
      await control.undrain(report.grpcAddress);
      markDraining(name, false);
      this.deaf.delete(name);
      log.info({ worker: name }, 'drain taken back');
    } catch (error) {
      // One that a signal drains, because its node shuts down, says so each time.
      this.complain(name, error, 'undrain not heard');
    }
  }

  private complain(name: string, error: unknown, what: string): void {
    const say = this.deaf.has(name) ? 'debug' : 'warn';
    this.deaf.add(name);
    this.effects.log[say]({ worker: name, err: error, code: 'WORKER_UNREACHABLE' }, what);
  }

  private hasHeard({ id, report }: WorkerSighting): boolean {
    return report.draining || this.told.get(id) === report.startedUnixMs;
  }
}
