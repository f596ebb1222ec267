import type { ConfigureRequest } from '@streamcluster/proto';
import type { StreamClusterSpec } from '../../api/spec.ts';
import type { WorkerSighting } from '../../fleet/fleet.ts';
import { accessConfig } from './access.ts';
import type { Effects, Observation, Step } from '../step.ts';

const RETRY_MS = 1_000;

/** What a process of a worker was heard to have applied. */
interface Applied {
  readonly startedUnixMs: bigint;
  readonly version: bigint;
}

/** Brings what of the spec concerns workers to each of them. */
export class ConfigureStep implements Step {
  readonly name = 'configure';
  private readonly effects: Effects;
  /** Answers are newer than reports. */
  private readonly applied = new Map<string, Applied>();
  /** Complained of once, until they answer. */
  private readonly deaf = new Set<string>();

  constructor(effects: Effects) {
    this.effects = effects;
  }

  async run({ resource, generation, sightings }: Observation): Promise<number | undefined> {
    const request = configureRequest(resource.spec, generation);
    const behind = [...sightings.values()].filter(
      (sighting) => !sighting.isSilent && this.appliedVersion(sighting) < request.version,
    );
    const results = await Promise.all(behind.map((sighting) => this.configure(sighting, request)));
    return results.every(Boolean) ? undefined : RETRY_MS;
  }

  /** It has applied some version. */
  isConfigured(sighting: WorkerSighting): boolean {
    return this.appliedVersion(sighting) > 0n;
  }

  private appliedVersion({ id, report }: WorkerSighting): bigint {
    const answer = this.applied.get(id);
    const answered = answer?.startedUnixMs === report.startedUnixMs ? answer.version : 0n;
    return answered > report.appliedVersion ? answered : report.appliedVersion;
  }

  private async configure(
    { id, report, isDraining }: WorkerSighting,
    request: ConfigureRequest,
  ): Promise<boolean> {
    const { control, log } = this.effects;
    try {
      const version = await control.configure(report.grpcAddress, request);
      this.deaf.delete(id);
      this.applied.set(id, { startedUnixMs: report.startedUnixMs, version });
      log.info({ worker: id, version: Number(version) }, 'worker configured');
      return true;
    } catch (error) {
      // One that drains may be gone before it hears.
      const say = isDraining || this.deaf.has(id) ? 'debug' : 'warn';
      this.deaf.add(id);
      log[say]({ worker: id, err: error, code: 'WORKER_UNREACHABLE' }, 'worker not configured');
      return false;
    }
  }
}

function configureRequest(spec: StreamClusterSpec, generation: number): ConfigureRequest {
  return {
    version: BigInt(generation),
    streams: spec.streams,
    placementPolicy: spec.placement.policy,
    drain: {
      deadlineSeconds: spec.drain.deadlineSeconds,
      publisherGraceSeconds: spec.drain.publisherGraceSeconds,
      lingerSeconds: spec.drain.lingerSeconds,
    },
    access: accessConfig(spec.access),
  };
}
