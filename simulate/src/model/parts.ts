import { feedLoad, viewerLoad } from '@streamcluster/placement';

/** A viewer stays connected (FLV, RTMP), or asks anew every few seconds (HLS). */
export type ViewerKind = 'stays' | 'asks';

/** A worker of the model; loads are shares of a CPU. */
export class SimWorker {
  readonly id: string;
  /** Place in the list of all workers, those who are gone among them. */
  readonly index: number;
  readonly parts = new Set<Part>();
  load = 0;
  isAlive = true;
  isDraining = false;
  /** To be replaced, so that nobody new comes. */
  isOutdated = false;
  /** Out of the users' Service, for balance. */
  isSteered = false;

  constructor(index: number) {
    this.index = index;
    this.id = `w-${index}`;
  }

  /** Whether the users' Service sends newcomers here. */
  get accepts(): boolean {
    return this.isAlive && !this.isDraining && !this.isOutdated && !this.isSteered;
  }

  get serves(): boolean {
    return this.isAlive && !this.isDraining;
  }
}

/** A stream of the model, with what the directory says of it. */
export class SimStream {
  readonly name: string;
  readonly index: number;
  readonly bitsPerSecond: number;
  readonly viewerLoad: Readonly<Record<ViewerKind, number>>;
  readonly relayLoad: number;
  readonly parts = new Map<SimWorker, Part>();
  ingest: SimWorker;
  private home_: SimWorker;
  private replicas_: readonly SimWorker[] = [];
  private servers_: ReadonlySet<SimWorker>;

  constructor(index: number, bitsPerSecond: number, ingest: SimWorker, home: SimWorker) {
    this.index = index;
    this.name = `live/${index}`;
    this.bitsPerSecond = bitsPerSecond;
    this.viewerLoad = {
      stays: viewerLoad('flv', bitsPerSecond),
      asks: viewerLoad('hls', bitsPerSecond),
    };
    this.relayLoad = feedLoad(bitsPerSecond);
    this.ingest = ingest;
    this.home_ = home;
    this.servers_ = new Set([home]);
  }

  get home(): SimWorker {
    return this.home_;
  }

  get replicas(): readonly SimWorker[] {
    return this.replicas_;
  }

  /** The home first. */
  get servers(): ReadonlySet<SimWorker> {
    return this.servers_;
  }

  /** As the directory has it from now on. */
  setServers(home: SimWorker, replicas: readonly SimWorker[]): void {
    this.home_ = home;
    this.replicas_ = replicas;
    this.servers_ = new Set([home, ...replicas]);
  }
}

/** What a worker does for a stream. */
export class Part {
  readonly worker: SimWorker;
  readonly stream: SimStream;
  stays = 0;
  asks = 0;
  /** Other workers that pull from here. */
  relays = 0;
  /** From whom this worker pulls the stream; undefined: it does not. */
  upstream: Part | undefined = undefined;

  constructor(worker: SimWorker, stream: SimStream) {
    this.worker = worker;
    this.stream = stream;
  }

  get isIngest(): boolean {
    return this.stream.ingest === this.worker;
  }

  get isRead(): boolean {
    return this.stays + this.asks + this.relays > 0;
  }
}
