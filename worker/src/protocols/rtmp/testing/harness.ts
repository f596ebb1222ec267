import { pino } from 'pino';
import { ManualClock } from '../../../stream/clock.ts';
import type { RtmpContext } from '../context.ts';
import { DEFAULT_RTMP_LIMITS } from '../limits.ts';
import { RtmpSession } from '../session.ts';
import { FakeConnection } from './fake-connection.ts';
import { FakeStreams } from './fake-streams.ts';
import { TestClient } from './test-client.ts';
import type { Visitors } from '../../../sessions/visitors.ts';
import { openVisitors } from '../../../sessions/testing/open-visitors.ts';

/** One session in memory, with a client at its other end. */
export class Harness {
  readonly connection = new FakeConnection();
  readonly streams = new FakeStreams();
  readonly clock = new ManualClock();
  readonly refusals: string[] = [];
  readonly logged: string[] = [];
  readonly session: RtmpSession;
  readonly client: TestClient;
  hasEnded = false;
  private readonly inbound: Buffer[] = [];
  private isPumping = false;

  /** Everybody is let in, unless told otherwise. */
  constructor(visitors?: Visitors) {
    const log = pino({ level: 'debug' }, { write: (line) => void this.logged.push(line) });
    const context: RtmpContext = {
      streams: this.streams,
      visitors: visitors ?? openVisitors(log),
      log,
      clock: this.clock,
      counters: { count: (reason) => void this.refusals.push(reason) },
      limits: DEFAULT_RTMP_LIMITS,
      random: (count) => Buffer.alloc(count, 9),
    };
    this.session = new RtmpSession(this.connection, context, () => {
      this.hasEnded = true;
    });
    this.connection.handler = this.session;
    this.client = new TestClient((bytes) => this.deliver(bytes));
    this.connection.onWrite = (bytes) => this.client.receive(bytes);
  }

  deliver(bytes: Buffer): void {
    this.inbound.push(bytes);
    this.pump();
  }

  /** Bytes arrive one after the other, as from a socket, somewhere in a slab. */
  private pump(): void {
    if (this.isPumping) return;
    this.isPumping = true;
    for (let bytes = this.inbound.shift(); bytes !== undefined; bytes = this.inbound.shift()) {
      const slab = Buffer.concat([Buffer.alloc(3, 0xcc), bytes, Buffer.alloc(3, 0xcc)]);
      this.connection.handler.onData(slab, 3, 3 + bytes.length);
      slab.fill(0xdd);
    }
    this.isPumping = false;
  }

  /** Time passes, second by second, as the server counts it. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.clock.advance(1000);
      this.session.sweep(this.clock.nowMs());
    }
    await settled();
  }

  reset(): void {
    this.connection.closed = true;
    this.connection.handler.onClose('reset');
  }
}

/** Lets all promises that can settle do so. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
