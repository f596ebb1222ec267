import pino, { type Logger } from 'pino';
import { ManualClock } from '../../stream/clock.ts';

/** Clock, log and counters, as a test sees them. */
export class TestContext {
  readonly clock: ManualClock;
  readonly lines: string[] = [];
  readonly counted: string[] = [];
  readonly log: Logger = pino({ level: 'debug' }, { write: (line) => void this.lines.push(line) });
  readonly counters = { count: (code: string): void => void this.counted.push(code) };

  /** Without: now. */
  constructor(startUnixMs = Date.now()) {
    this.clock = new ManualClock(startUnixMs);
  }

  /** As options want them. */
  get parts(): Pick<TestContext, 'clock' | 'log' | 'counters'> {
    const { clock, log, counters } = this;
    return { clock, log, counters };
  }

  /** Lets everything settle that is not waiting for time. */
  async settle(): Promise<void> {
    for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

export async function codeOf(act: () => unknown): Promise<string> {
  try {
    await act();
    return 'good';
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error);
  }
}
