import path from 'node:path';
import { compareAudio, compareTags, compareVideo } from '../content/compare.ts';
import type { Fixture } from '../content/fixture.ts';
import { isVideo } from '../content/flv-tags.ts';
import type { TestCluster } from '../harness/cluster.ts';
import { eventuallyTrue } from '../harness/eventually.ts';
import { Door } from './doors.ts';
import { Recorder, type Recording } from './ffmpeg.ts';
import type { FlvViewer } from './flv.ts';
import { HlsWatcher, type HlsComparison } from './hls-watcher.ts';
import { viewerOn } from './viewers.ts';
import { WsFlvRecorder } from './ws-flv.ts';

const FIRST_PICTURES_MS = 40_000;
const WS_COUNT = 2;
/** ffmpeg plays these; pictures that it writes down are behind those it gets. */
const PLAYED = ['rtmp', 'rtmp', 'flv', 'm3u8', 'm3u8'] as const;

/** Viewers of every protocol at once, an FLV viewer and an HLS player on every worker. */
export class Audience {
  private readonly viewers: readonly FlvViewer[];
  private readonly players: readonly Recorder[];
  private readonly sockets: readonly WsFlvRecorder[];
  private readonly doors: readonly Door[];
  private readonly hls: HlsWatcher;
  private readonly folder: string;

  private constructor(cluster: TestCluster, stream: string, parts: Parts) {
    this.folder = cluster.folder;
    this.viewers = parts.viewers;
    this.players = parts.players;
    this.sockets = parts.sockets;
    this.doors = parts.doors;
    this.hls = new HlsWatcher(parts.doors, stream);
  }

  /** Resolves when all of them have seen pictures. */
  static async open(cluster: TestCluster, stream: string): Promise<Audience> {
    const players = PLAYED.map((kind) => {
      const url = kind === 'rtmp' ? cluster.rtmpUrl(stream) : cluster.httpUrl(stream, kind);
      return new Recorder(url, cluster.folder);
    });
    const sockets = Array.from({ length: WS_COUNT }, (_, i) =>
      new WsFlvRecorder(cluster.wsUrl(stream), path.join(cluster.folder, `ws-${i}.flv`)).open(),
    );
    const pids = cluster.workerPids();
    const audience = new Audience(cluster, stream, {
      players,
      sockets: await Promise.all(sockets),
      viewers: await Promise.all(pids.map((pid) => viewerOn(cluster, stream, pid))),
      doors: await Door.all(pids, cluster.httpPort),
    });
    await audience.started();
    return audience;
  }

  /**
   * To be called when the publisher is done. Throws unless everybody got every
   * picture and sound from a key frame on, once, to the end, and HLS was the same
   * on all workers.
   */
  async expectWhole(source: Fixture, atLeast: number, patienceMs: number): Promise<HlsComparison> {
    const whole = { toTheEnd: true, atLeast };
    await Promise.all([...this.viewers, ...this.sockets].map(({ ended }) => ended));
    for (const { tags, error } of this.viewers) {
      if (error !== undefined) throw error;
      compareTags(source, tags, whole);
    }
    const files = this.sockets.map(({ file }) => new Recorder(file, this.folder));
    const recordings = await Promise.all(
      [...this.players, ...files].map((player) => player.finished(patienceMs)),
    );
    for (const recording of recordings) expectWholeRecording(source, recording, atLeast);
    const seen = await this.hls.ended(patienceMs);
    if (seen.differences.length > 0) throw new Error(seen.differences.join('\n'));
    return seen;
  }

  close(): void {
    for (const door of this.doors) door.close();
    for (const viewer of this.viewers) viewer.close();
    for (const socket of this.sockets) socket.close();
  }

  private async started(): Promise<void> {
    await eventuallyTrue('everybody sees pictures', FIRST_PICTURES_MS, () => {
      const hasPictures = this.viewers.every(({ tags }) => tags.some(isVideo));
      const hasMessages = this.sockets.every(({ messages }) => messages > 10);
      return hasPictures && hasMessages && this.players.every(({ pictures }) => pictures > 0);
    });
  }
}

interface Parts {
  readonly viewers: readonly FlvViewer[];
  readonly players: readonly Recorder[];
  readonly sockets: readonly WsFlvRecorder[];
  readonly doors: readonly Door[];
}

function expectWholeRecording(source: Fixture, { video, audio }: Recording, atLeast: number): void {
  const whole = { toTheEnd: true, atLeast };
  compareVideo(source, video, whole);
  compareAudio(source, audio, whole);
}
