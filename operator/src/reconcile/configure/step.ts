import { hlsKeyId, type ConfigureRequest } from '@streamcluster/proto';
import type { StreamClusterSpec } from '../../api/spec.ts';
import type { WorkerSighting } from '../../fleet/fleet.ts';
import type { Bans } from '../../sessions/bans.ts';
import { accessConfig } from './access.ts';
import type { Effects, Observation, Step } from '../step.ts';

const RETRY_MS = 1_000;

/** What a process of a worker was heard to have applied. */
interface Applied {
  readonly startedUnixMs: bigint;
  readonly version: bigint;
  /** Of the key of HLS segments. */
  readonly keyId: number;
}

/** Brings what of the spec concerns workers to each of them. */
export class ConfigureStep implements Step {
  readonly name = 'configure';
  private readonly effects: Effects;
  private readonly bans: Bans;
  /** Answers are newer than reports. */
  private readonly applied = new Map<string, Applied>();
  /** Complained of once, until they answer. */
  private readonly deaf = new Set<string>();

  constructor(effects: Effects, bans: Bans) {
    this.effects = effects;
    this.bans = bans;
  }

  async run({ resource, generation, sightings }: Observation): Promise<number | undefined> {
    const request = {
      ...configureRequest(resource.spec, generation),
      hlsKey: this.effects.runtime.hlsKey() ?? Buffer.alloc(0),
      bans: this.bans.list(),
    };
    const behind = [...sightings.values()].filter(
      (sighting) => !sighting.isSilent && this.isBehind(sighting, request),
    );
    const results = await Promise.all(behind.map((sighting) => this.configure(sighting, request)));
    return results.every(Boolean) ? undefined : RETRY_MS;
  }

  /** It has applied some version. */
  isConfigured(sighting: WorkerSighting): boolean {
    return this.appliedVersion(sighting) > 0n;
  }

  private isBehind(sighting: WorkerSighting, { version, hlsKey }: ConfigureRequest): boolean {
    if (this.appliedVersion(sighting) < version || this.bans.missed.has(sighting.id)) return true;
    return hlsKey.length > 0 && this.keyId(sighting) !== hlsKeyId(hlsKey);
  }

  private keyId({ id, report }: WorkerSighting): number {
    const answer = this.applied.get(id);
    return answer?.startedUnixMs === report.startedUnixMs ? answer.keyId : report.hlsKeyId;
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
      this.bans.missed.delete(id);
      const keyId = hlsKeyId(request.hlsKey);
      this.applied.set(id, { startedUnixMs: report.startedUnixMs, version, keyId });
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

function configureRequest(
  spec: StreamClusterSpec,
  generation: number,
): Omit<ConfigureRequest, 'hlsKey' | 'bans'> {
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
