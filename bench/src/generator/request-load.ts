import { AnswerReader } from './answer-reader.ts';
import { patiently, sleep } from './wait.ts';
import type { Dial, Wire, WireHandler } from './wire.ts';

const STEP_MS = 4;
const BATCH = 50;
const BATCH_PAUSE_MS = 20;
const OPEN_MS = 30_000;

export interface RequestLoadOptions {
  readonly dial: Dial;
  readonly connections: number;
  /** The next request of a client, whole. */
  readonly request: (client: number) => Buffer;
}

/** Requests at a fixed rate over many connections that are kept alive, in turn. */
export class RequestLoad {
  /** Answers with status 200, and their bytes. */
  answers = 0;
  bytes = 0;
  /** Of all that went wrong the first. */
  fault: string | undefined = undefined;
  private readonly options: RequestLoadOptions;
  private readonly clients: Client[] = [];
  private timer: NodeJS.Timeout | undefined = undefined;
  private turn = 0;

  constructor(options: RequestLoadOptions) {
    this.options = options;
  }

  /** Resolves when all connections are there. */
  async open(): Promise<void> {
    const { connections, dial } = this.options;
    while (this.clients.length < connections) {
      for (let i = 0; i < BATCH && this.clients.length < connections; i++) {
        this.clients.push(new Client(this.clients.length, dial, this));
      }
      await sleep(BATCH_PAUSE_MS);
    }
    await patiently('all clients are connected', OPEN_MS, () => {
      return this.fault !== undefined || this.clients.every(({ isOpen }) => isOpen);
    });
    if (this.fault !== undefined) throw new Error(this.fault);
  }

  /** Asks so often from now on; who still waits for an answer is passed over. */
  start(perSecond: number): void {
    const startedMs = performance.now();
    let asked = 0;
    this.timer = setInterval(() => {
      const due = ((performance.now() - startedMs) * perSecond) / 1000;
      while (asked < due) {
        asked++;
        this.askNext();
      }
    }, STEP_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    for (const client of this.clients) client.close();
  }

  onAnswer(status: number, bytes: number): void {
    if (status !== 200) this.fail(`answered ${status}`);
    this.answers++;
    this.bytes += bytes;
  }

  fail(reason: string): void {
    this.fault ??= reason;
  }

  private askNext(): void {
    for (let tries = 0; tries < this.clients.length; tries++) {
      const client = this.clients[this.turn++ % this.clients.length];
      if (client?.ask(this.options.request) === true) return;
    }
  }
}

class Client implements WireHandler {
  isOpen = false;
  private readonly number: number;
  private readonly load: RequestLoad;
  private readonly wire: Wire;
  private readonly reader: AnswerReader;
  private isWaiting = false;
  private isClosing = false;

  constructor(number: number, dial: Dial, load: RequestLoad) {
    this.number = number;
    this.load = load;
    this.reader = new AnswerReader({
      onAnswer: (status, bytes) => {
        this.isWaiting = false;
        load.onAnswer(status, bytes);
      },
      onBroken: (reason) => load.fail(reason),
    });
    this.wire = dial(this);
  }

  /** False: it is not its turn, it waits for an answer. */
  ask(request: RequestLoadOptions['request']): boolean {
    if (!this.isOpen || this.isWaiting) return false;
    this.isWaiting = true;
    this.wire.write(request(this.number));
    return true;
  }

  close(): void {
    this.isClosing = true;
    this.wire.close();
  }

  onOpen(): void {
    this.isOpen = true;
  }

  onData(buf: Buffer, start: number, end: number): void {
    this.reader.push(buf, start, end);
  }

  onClose(): void {
    this.isOpen = false;
    if (!this.isClosing) this.load.fail('the server closed a connection');
  }
}
