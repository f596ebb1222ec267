import { setTimeout as sleep } from 'node:timers/promises';
import { compareTags, type Part } from '../content/compare.ts';
import type { Fixture } from '../content/fixture.ts';
import { FlvViewer, type FlvOptions } from './flv.ts';

const RETRY_MS = 50;

/** An FLV player that connects again when it is cut off, until it is closed. */
export class PatientFlv {
  /** One a connection that was answered with media. */
  readonly connections: FlvViewer[] = [];
  refusals = 0;
  private readonly options: FlvOptions;
  private readonly running: Promise<void>;
  private isClosed = false;

  constructor(options: FlvOptions) {
    this.options = options;
    this.running = this.run();
  }

  /** Connections after the first one. */
  get reconnects(): number {
    return Math.max(0, this.connections.length - 1);
  }

  get tagCount(): number {
    return this.connections.reduce((sum, { tags }) => sum + tags.length, 0);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const connection of this.connections) connection.close();
    await this.running;
  }

  /** It may have been closed while something was waited for. */
  private hasClosed(): boolean {
    return this.isClosed;
  }

  private async run(): Promise<void> {
    while (!this.isClosed) {
      const viewer = new FlvViewer(this.options);
      const isAnswered = await viewer.answered().then(
        ({ status }) => status === 200,
        () => false,
      );
      if (isAnswered) {
        this.connections.push(viewer);
        if (this.hasClosed()) viewer.close();
        await viewer.ended;
      } else {
        this.refusals += 1;
        viewer.close();
        await sleep(RETRY_MS);
      }
    }
  }
}

/**
 * Says which part of the source all connections together received. Throws
 * unless each has it without a gap, and each begins where the one before
 * ended, or earlier.
 */
export function unionOf(
  source: Fixture,
  { connections }: PatientFlv,
): { video: Part; audio: Part } {
  const parts = connections
    .filter(({ tags }) => tags.length > 0)
    .map(({ tags }) => compareTags(source, tags, { toTheEnd: false, atLeast: 1 }));
  return {
    video: joined(parts.map(({ video }) => video)),
    audio: joined(parts.map(({ audio }) => audio)),
  };
}

function joined(parts: readonly Part[]): Part {
  const [first] = parts;
  if (first === undefined) throw new Error('nothing received');
  let end = first.first + first.count;
  for (const part of parts.slice(1)) {
    if (part.first > end) throw new Error(`${part.first - end} frames missing after number ${end}`);
    end = Math.max(end, part.first + part.count);
  }
  return { first: first.first, count: end - first.first };
}
