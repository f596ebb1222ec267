import { PLACEMENT_POLICIES } from '@streamcluster/placement';
import type { Logger } from 'pino';
import { hlsKeyId, type AccessConfig, type StreamInfo } from '@streamcluster/proto';
import type { StreamsConfig } from '../stream/streams-config.ts';
import type { Directory } from './directory.ts';
import type { Drain, DrainPlan } from './drain.ts';
import type { Moves } from './moves.ts';
import type {
  AssignCall,
  NotReadyReason,
  PrepareCall,
  ReleaseAnswer,
  ReleaseCall,
  ServeAnswer,
  ServeCall,
} from './peers.ts';
import type { Preparing } from './preparing.ts';
import type { Releases } from './releases.ts';
import type { DrainSeconds, Settings } from './settings.ts';
import type { AcceptCall, Steering } from './steering.ts';
import type { StreamInfos } from './stream-infos.ts';

export interface Configuration {
  readonly version: number;
  /** Undefined: as it is. */
  readonly streams: StreamsConfig | undefined;
  readonly placementPolicy: string;
  readonly drain: DrainSeconds | undefined;
  /** Undefined: as it is. */
  readonly access: AccessConfig | undefined;
  /** Of HLS segments; empty: as it is. */
  readonly hlsKey: Buffer;
}

export interface ControlOptions {
  readonly settings: Settings;
  readonly infos: StreamInfos;
  readonly directory: Directory;
  readonly releases: Releases;
  readonly drain: Drain;
  readonly steering: Steering;
  readonly moves: Moves;
  readonly preparing: Preparing;
  /** Who may publish and play, from now on. */
  readonly onAccess: (access: AccessConfig) => void;
  readonly log: Logger;
}

/** What the operator, and other workers, may ask of a worker. Every call may
 * be repeated. */
export class Control {
  private readonly options: ControlOptions;

  constructor(options: ControlOptions) {
    this.options = options;
  }

  /** The version in force afterwards; older ones change nothing. */
  configure({ version, streams, placementPolicy, drain, access, hlsKey }: Configuration): number {
    const { settings, log, onAccess } = this.options;
    if (version < settings.appliedVersion) return settings.appliedVersion;
    settings.appliedVersion = version;
    if (streams !== undefined) settings.streams = streams;
    if (drain !== undefined) settings.drain = drain;
    if (hlsKey.length > 0) settings.hlsKeyId = hlsKeyId(hlsKey);
    settings.placementPolicy =
      PLACEMENT_POLICIES.find((policy) => policy === placementPolicy) ?? settings.placementPolicy;
    if (access !== undefined) onAccess(access);
    const rules = access?.rules.length;
    log.info({ version, streams, placementPolicy, drain, rules }, 'configured');
    return version;
  }

  listStreams(): StreamInfo[] {
    return this.options.infos.list();
  }

  /** Only a hint: the directory decides, and a home pulls when it is read. */
  async assign({ stream, epoch, ingestWorker }: AssignCall): Promise<void> {
    const { directory, log } = this.options;
    log.info({ stream, epoch, ingestWorker }, 'assigned as home');
    if ((directory.get(stream)?.epoch ?? 0) < epoch) await directory.read(stream);
  }

  serve(call: ServeCall): Promise<ServeAnswer> {
    return this.options.moves.serve(call);
  }

  /** Undefined: it is ready to serve. */
  prepare(call: PrepareCall): Promise<NotReadyReason | undefined> {
    return this.options.preparing.prepare(call);
  }

  release(call: ReleaseCall): ReleaseAnswer {
    return this.options.releases.release(call);
  }

  drain(plan: DrainPlan): void {
    this.options.drain.start(plan);
  }

  undrain(): void {
    this.options.drain.cancel();
  }

  accept(call: AcceptCall): void {
    this.options.steering.accept(call);
  }
}
