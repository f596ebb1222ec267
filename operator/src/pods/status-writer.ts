import type { Logger } from 'pino';
import type { StreamClusterStatus } from '../api/status.ts';
import type { Clock } from '../clock.ts';
import {
  isNotFound,
  resources,
  unknownFields,
  type KubeClient,
  type ObjectName,
} from '../kube/mod.ts';
import type { RuntimeProblem } from '../reconcile/runtime.ts';

export interface StatusWriterOptions {
  readonly client: KubeClient;
  readonly target: ObjectName;
  readonly clock: Clock;
  readonly log: Logger;
}

/** More would mean that the answer does not name what it complains of. */
const MAX_ROUNDS = 8;
/** Somebody may have applied a newer CRD by then. */
const ASK_AGAIN_MS = 30_000;

/** Writes the status; leaves out what an older CRD does not have, and says so. */
export class StatusWriter {
  private readonly options: StatusWriterOptions;
  /** Fields of the status that the CRD lacks. */
  private readonly lacking = new Set<string>();
  private last: StreamClusterStatus | undefined = undefined;
  private askedAtMs = 0;

  constructor(options: StatusWriterOptions) {
    this.options = options;
  }

  get problems(): readonly RuntimeProblem[] {
    if (this.lacking.size === 0) return [];
    const fields = [...this.lacking].map((name) => `status.${name}`).join(', ');
    const message = `the CRD is older than the operator and lacks ${fields}; apply the operator's CRD`;
    return [{ reason: 'CRDOutdated', message }];
  }

  async write(status: StreamClusterStatus): Promise<void> {
    this.last = status;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      try {
        await this.apply(status, this.lacking);
        return;
      } catch (error) {
        // Deleted meanwhile: there is nobody to tell.
        if (isNotFound(error)) return;
        if (!this.learn(error)) throw error;
      }
    }
  }

  /** Where fields were left out: looks from time to time whether the CRD has them by now. */
  async askAgain(): Promise<void> {
    const { clock, log } = this.options;
    const isDue = clock.nowMs() - this.askedAtMs >= ASK_AGAIN_MS;
    if (this.lacking.size === 0 || this.last === undefined || !isDue) return;
    this.askedAtMs = clock.nowMs();
    try {
      await this.apply(this.last, new Set());
    } catch (error) {
      if (unknownFields(error).length > 0 || isNotFound(error)) return;
      throw error;
    }
    this.lacking.clear();
    log.info('CRD is up to date');
  }

  private async apply(status: StreamClusterStatus, without: ReadonlySet<string>): Promise<void> {
    const { client, target } = this.options;
    const kept = Object.entries(status).filter(([name]) => !without.has(name));
    await client.apply(
      resources.streamClusters,
      { metadata: { ...target }, status: Object.fromEntries(kept) },
      { subresource: 'status' },
    );
  }

  /** False: the error is of another kind. */
  private learn(error: unknown): boolean {
    const names = unknownFields(error)
      .map((field) => /^status\.([^.[]+)/.exec(field)?.[1])
      .filter((name) => name !== undefined && !this.lacking.has(name));
    for (const name of names) if (name !== undefined) this.lacking.add(name);
    this.askedAtMs = this.options.clock.nowMs();
    if (names.length > 0)
      this.options.log.error({ code: 'CRD_OUTDATED', fields: names }, 'CRD outdated');
    return names.length > 0;
  }
}
