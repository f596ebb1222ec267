import type {
  Connection,
  Engine,
  EngineLags,
  EngineStats,
  Framing,
  Listener,
  StandingAnswer,
  TlsContext,
} from '../../engine/engine.ts';
import { MemoryLog, type Budget } from './memory-log.ts';

/** The logs of an Engine without sockets, for tests of stream/. */
export class MemoryEngine implements Engine {
  readonly budget: Budget;
  readonly logs: MemoryLog[] = [];
  readonly lags: EngineLags = { tick: new Float64Array(1), turn: new Float64Array(1) };
  readonly arenaCapBytes: number;
  readonly tlsFailure = '';

  constructor(arenaBytes = 256 * 1024 * 1024) {
    this.arenaCapBytes = arenaBytes;
    this.budget = { leftBytes: arenaBytes };
  }

  get arenaUsedBytes(): number {
    return this.arenaCapBytes - this.budget.leftBytes;
  }

  createLog(framing: Framing): MemoryLog {
    const log = new MemoryLog(framing, this.budget);
    this.logs.push(log);
    return log;
  }

  openLogs(): MemoryLog[] {
    return this.logs.filter((log) => !log.isClosed);
  }

  listen(): Listener {
    throw new Error('there are no sockets here');
  }

  createTls(): TlsContext {
    throw new Error('there are no sockets here');
  }

  connect(): Connection {
    throw new Error('there are no sockets here');
  }

  createAnswer(): StandingAnswer {
    return new MemoryAnswer();
  }

  setTicks(): void {
    // There are no ticks.
  }

  setAcceptRate(): void {
    // Nobody is accepted.
  }

  connections(): Connection[] {
    return [];
  }

  stats(): EngineStats {
    throw new Error('nothing is counted here');
  }

  pin(): void {
    // There are no threads.
  }

  affinity(): number[] {
    return [];
  }

  close(): void {
    for (const log of this.logs) log.close();
  }
}

/** Nobody asks here: what is set can be looked at. */
class MemoryAnswer implements StandingAnswer {
  bytes: Uint8Array | undefined = undefined;

  get isSet(): boolean {
    return this.bytes !== undefined;
  }

  set(bytes: Uint8Array | undefined): void {
    this.bytes = bytes;
  }
}
