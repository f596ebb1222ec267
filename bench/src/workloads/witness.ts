import type { FlvSink } from '@streamcluster/worker';
import type { Clip } from '../generator/clip.ts';
import { ContentCheck } from '../generator/content-check.ts';
import { KeyOffsets } from '../generator/key-offsets.ts';
import { ReadingViewer } from '../generator/reading-viewer.ts';
import { patiently } from '../generator/wait.ts';
import type { ServerUnderTest } from '../server/server.ts';
import { APP, HOST, type Lab } from './workload.ts';

const FIRST_TAG_MS = 20_000;

export interface WitnessOptions {
  readonly lab: Lab;
  /** Where viewers are. */
  readonly server: ServerUnderTest;
  readonly names: readonly string[];
  readonly clip: Clip;
}

/**
 * Reads every stream of our worker over HTTP-FLV, compares the first one's content
 * with the clip, and so knows how many bytes others must have got.
 */
export class Witness {
  private readonly options: WitnessOptions;
  private readonly check: ContentCheck;
  private readonly readers: { viewer: ReadingViewer; offsets: KeyOffsets }[] = [];

  constructor(options: WitnessOptions) {
    this.options = options;
    this.check = new ContentCheck(options.clip);
  }

  /** Before the others join; resolves when the first stream has come. */
  async begin(): Promise<void> {
    const { server, lab, names } = this.options;
    const { http: port } = server.ports;
    if (port === undefined) throw new Error('no HTTP to watch the streams by');
    for (const name of names) {
      const at = { engine: lab.engine, host: HOST, port, path: `/${APP}/${name}.flv` };
      const offsets = new KeyOffsets();
      const sink = this.readers.length > 0 ? offsets : both(offsets, this.check);
      this.readers.push({ viewer: new ReadingViewer(at, sink), offsets });
    }
    await patiently('the first viewer sees a picture', FIRST_TAG_MS, () => this.check.tags > 0);
  }

  /** Once all has come: bytes that viewers of stream n may have got. */
  allowedBytes(): Set<number>[] {
    return this.readers.map(({ viewer, offsets }) => offsets.allowedBytes(viewer.headBytes));
  }

  /** What was wrong with the content. */
  get error(): string | undefined {
    return this.check.error ?? this.readers.find(({ viewer }) => viewer.error)?.viewer.error;
  }

  leave(): void {
    for (const { viewer } of this.readers) viewer.connection.close();
  }
}

function both(one: FlvSink, other: FlvSink): FlvSink {
  return {
    // eslint-disable-next-line max-params -- As the reader calls it.
    onTag(kind, timestampMs, buf, start, end) {
      one.onTag(kind, timestampMs, buf, start, end);
      other.onTag(kind, timestampMs, buf, start, end);
    },
  };
}
