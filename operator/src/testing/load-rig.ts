import { StreamInfo_Role, type StreamInfo } from '@streamcluster/proto';
import { ReconcileRig } from './reconcile-rig.ts';
import { reportBytes, streamInfo } from './reports.ts';

const REPORT_MS = 2_000;
const BITS_PER_SECOND = 2e6;
const LISTEN_SECONDS = 10;

/** A ReconcileRig whose workers report what they serve, every two seconds. */
export class LoadRig extends ReconcileRig {
  /** Workers of which nothing is heard. */
  readonly silent = new Set<string>();
  /** Worker -> stream -> viewers by protocol. */
  private readonly viewers = new Map<string, Map<string, Readonly<Record<string, number>>>>();

  /** Has run long enough to know who is there, and has planned a first cycle. */
  static async ready(spec: string): Promise<LoadRig> {
    const rig = new LoadRig(spec);
    await rig.start();
    await rig.pass(LISTEN_SECONDS);
    return rig;
  }

  /** Viewers of a stream at a worker; of no protocol: none. */
  watch(stream: string, worker: string, viewers: Readonly<Record<string, number>>): void {
    const streams = this.viewers.get(worker) ?? new Map<string, Readonly<Record<string, number>>>();
    this.viewers.set(worker, streams.set(stream, viewers));
  }

  /** Whoever watches a stream over HLS follows it to its home, as in redirect mode. */
  follow(): void {
    for (const [stream, { home }] of this.directory ?? []) {
      for (const [worker, streams] of this.viewers) {
        const viewers = streams.get(stream);
        if (viewers === undefined || worker === home) continue;
        streams.delete(stream);
        this.watch(stream, home, viewers);
      }
    }
  }

  /** Time passes, with reports. */
  async pass(seconds: number): Promise<void> {
    for (let ms = 0; ms < seconds * 1_000; ms += REPORT_MS) {
      for (const worker of this.runtime.running()) this.say(worker);
      await this.clock.advance(REPORT_MS);
    }
  }

  get reasons(): readonly string[] {
    return this.runtime.events.map(({ reason }) => reason);
  }

  /** The last Event with this reason. */
  message(reason: string): string {
    return this.runtime.events.findLast((event) => event.reason === reason)?.message ?? '';
  }

  balanced(): { readonly status: string; readonly reason: string; readonly message: string } {
    const found = this.runtime.status?.conditions.find(({ type }) => type === 'Balanced');
    if (found === undefined) throw new Error('there is no condition Balanced');
    return found;
  }

  private say(worker: string): void {
    if (this.silent.has(worker)) return;
    const streams = this.viewers.get(worker) ?? new Map<string, Readonly<Record<string, number>>>();
    const topStreams = [...streams].map(([name, viewers]) => this.infoOf(name, worker, viewers));
    this.fleet.receive(reportBytes(worker, { topStreams, loopUtilization: 0.3 }), worker);
  }

  private infoOf(
    name: string,
    worker: string,
    viewers: Readonly<Record<string, number>>,
  ): StreamInfo {
    const entry = this.directory?.get(name);
    const role =
      entry?.ingest === worker ? StreamInfo_Role.ROLE_INGEST : StreamInfo_Role.ROLE_RELAY;
    return streamInfo(name, { role, viewers, bitsPerSecond: BITS_PER_SECOND });
  }
}
