import { CLIP_SMALL, loadClip, type Clip } from '@streamcluster/bench';
import {
  openViewer,
  PROTOCOLS,
  type CheckedViewer,
  type Protocol,
} from '../clients/checked-viewer.ts';
import { publishMany } from '../clients/load-generator.ts';
import type { Child } from '../harness/child.ts';
import type { TestCluster } from '../harness/cluster.ts';
import { eventuallyTrue } from '../harness/eventually.ts';

const APP = 'known';
const FIRST_PICTURES_MS = 60_000;
/** What a player's buffer spans. HLS brings something once a segment, of 2 s. */
const LONGEST_GAP_MS: Readonly<Record<Protocol, number>> = {
  flv: 5_000,
  'ws-flv': 5_000,
  rtmp: 5_000,
  hls: 10_000,
};

interface Seat {
  readonly protocol: Protocol;
  readonly viewer: CheckedViewer;
}

/** Streams and those who watch them for as long as a fault lasts. */
export class Site {
  readonly cluster: TestCluster;
  readonly clip: Clip;
  readonly streams: readonly string[];
  private readonly publishers: Child[];
  private readonly seats: Seat[] = [];
  private readonly endings: (() => void)[] = [];

  private constructor(cluster: TestCluster, clip: Clip, publisher: Child, count: number) {
    this.cluster = cluster;
    this.clip = clip;
    this.publishers = [publisher];
    this.streams = Array.from({ length: count }, (_, i) => `${APP}/s-${i}`);
  }

  /** Resolves when every viewer has got something. */
  static async open(
    cluster: TestCluster,
    { streams, viewers, seconds }: { streams: number; viewers: number; seconds: number },
  ): Promise<Site> {
    const many = { port: cluster.rtmpPort, count: streams, app: APP, seconds };
    const clip = await loadClip(CLIP_SMALL);
    const site = new Site(cluster, clip, await publishMany(many), streams);
    for (let i = 0; i < viewers; i++) {
      const protocol = PROTOCOLS[i % PROTOCOLS.length] ?? 'flv';
      site.keep(protocol, site.view(protocol, site.streams[i % streams] ?? ''));
    }
    await eventuallyTrue('everybody sees pictures', FIRST_PICTURES_MS, () =>
      site.seats.every(({ viewer }) => viewer.received.startMs !== undefined),
    );
    return site;
  }

  view(protocol: Protocol, stream: string): CheckedViewer {
    return openViewer(protocol, { cluster: this.cluster, stream, clip: this.clip });
  }

  /** One more who stays. */
  keep(protocol: Protocol, viewer: CheckedViewer): void {
    this.seats.push({ protocol, viewer });
  }

  /** Further streams, `APP/s-0` and so on. */
  async publish(app: string, count: number, seconds: number): Promise<void> {
    this.publishers.push(await publishMany({ port: this.cluster.rtmpPort, count, app, seconds }));
  }

  /** Called by close(), however the test ends. */
  onClose(end: () => void): void {
    this.endings.push(end);
  }

  get viewerCount(): number {
    return this.seats.length;
  }

  /** What went wrong with whom, in sentences; of publishers, too. */
  faults(): string[] {
    const ofViewers = this.seats.flatMap(({ protocol, viewer: { received } }, i) => {
      const { fault, longestGapMs } = received;
      if (fault !== undefined) return [`viewer ${i} (${protocol}): ${fault}`];
      const isSlow = longestGapMs > LONGEST_GAP_MS[protocol];
      return isSlow
        ? [`viewer ${i} (${protocol}) got nothing for ${longestGapMs.toFixed(0)} ms`]
        : [];
    });
    const ofPublishers = this.publishers.flatMap(({ running, output }) =>
      running && !output.includes('lost') ? [] : [`publishers: ${output}`],
    );
    return [...ofViewers, ...ofPublishers];
  }

  /** For how long anybody got nothing, but for players of HLS. */
  get longestGapMs(): number {
    const gaps = this.seats
      .filter(({ protocol }) => protocol !== 'hls')
      .map(({ viewer }) => viewer.received.longestGapMs);
    return Math.max(...gaps);
  }

  close(): void {
    for (const { viewer } of this.seats) viewer.close();
    for (const publisher of this.publishers) publisher.kill('SIGKILL');
    for (const end of this.endings) end();
  }
}
