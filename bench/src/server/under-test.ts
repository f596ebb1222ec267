import { cpuMsOf, processTree, residentBytesOf } from './process-tree.ts';
import type { ServerProcess } from './process.ts';
import type {
  ServerCounters,
  ServerKind,
  ServerPaths,
  ServerPorts,
  ServerUnderTest,
} from './server.ts';

interface Parts {
  readonly kind: ServerKind;
  readonly process: ServerProcess;
  readonly ports: ServerPorts;
  readonly paths: ServerPaths;
  /** Nothing by default: few programs count their calls. */
  readonly counters?: () => Promise<ServerCounters>;
  /** Tidies up behind the process. */
  readonly stopped?: () => void;
}

/** A server of one program, with whatever processes it starts. */
export class ProcessUnderTest implements ServerUnderTest {
  readonly kind: ServerKind;
  readonly ports: ServerPorts;
  readonly paths: ServerPaths;
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.kind = parts.kind;
    this.ports = parts.ports;
    this.paths = parts.paths;
    this.parts = parts;
  }

  get pid(): number {
    return this.parts.process.pid;
  }

  residentBytes(): number {
    return residentBytesOf(processTree(this.pid));
  }

  cpuMs(): number {
    return cpuMsOf(processTree(this.pid));
  }

  async counters(): Promise<ServerCounters> {
    return (await this.parts.counters?.()) ?? {};
  }

  async stop(): Promise<void> {
    await this.parts.process.stop();
    this.parts.stopped?.();
  }
}
