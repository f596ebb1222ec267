import { WorkerError } from '../../errors.ts';
import { MemoryConnection } from '../../stream/testing/memory-connection.ts';
import type { RelayDialer, RelayLink, RelayLinkHandler, RelayRequest } from '../peers.ts';
import { RelayFullError, type RelaySeat } from '../relay-guests.ts';
import type { BareWorker } from './bare-worker.ts';

const DIAL_MS = 1;

export class SimDialer implements RelayDialer {
  private readonly worker: BareWorker;

  constructor(worker: BareWorker) {
    this.worker = worker;
  }

  dial(request: RelayRequest, handler: RelayLinkHandler): RelayLink {
    const { worker } = this;
    const link = new SimLink(worker, worker.net.byAddress(request.address), request, handler);
    worker.dialed.push(request);
    worker.links.add(link);
    worker.clock.setTimer(DIAL_MS, () => link.open());
    return link;
  }
}

/** A relay's connection: the upstream's cursor on one side, the relay on the other. */
export class SimLink implements RelayLink {
  readonly target: BareWorker | undefined;
  private readonly owner: BareWorker;
  private readonly request: RelayRequest;
  private readonly handler: RelayLinkHandler;
  private readonly connection: MemoryConnection;
  private isOver = false;

  constructor(
    owner: BareWorker,
    target: BareWorker | undefined,
    request: RelayRequest,
    handler: RelayLinkHandler,
  ) {
    this.owner = owner;
    this.target = target;
    this.request = request;
    this.handler = handler;
    this.connection = new MemoryConnection({ onClose: () => this.breakOff() });
  }

  /** The upstream let it in, and it has not left since. */
  get isAttached(): boolean {
    return !this.isOver && this.connection.log !== undefined;
  }

  get streamKey(): string {
    return `${this.request.app}/${this.request.name}`;
  }

  open(): void {
    const { target, request } = this;
    if (this.isOver) return;
    if (target?.isUp !== true || !this.owner.isUp) {
      this.breakOff();
      return;
    }
    // It is as silent as a host that nobody reaches.
    if (!this.owner.net.areJoined(this.owner, target)) return;
    const name = { app: request.app, name: request.name, key: this.streamKey };
    target.cluster.seat({ ...request, name }).then(
      (seat) => this.attach(seat),
      (error: unknown) => {
        const isFull = error instanceof RelayFullError;
        const tryWorker = isFull ? error.tryWorker : undefined;
        const status = error instanceof WorkerError ? error.httpStatus : 500;
        if (!this.isOver) this.handler.onRefused({ status, isFull, tryWorker });
        this.breakOff();
      },
    );
  }

  pump(): void {
    const { owner, target } = this;
    if (this.isOver || target === undefined || !owner.net.areJoined(owner, target)) return;
    this.connection.pump();
    this.deliver();
  }

  close(): void {
    this.isOver = true;
    this.owner.links.delete(this);
    this.connection.close();
  }

  breakOff(): void {
    if (this.isOver) return;
    this.deliver();
    if (this.over()) return;
    this.isOver = true;
    this.owner.links.delete(this);
    this.connection.close();
    this.handler.onClosed('remote');
  }

  private over(): boolean {
    return this.isOver;
  }

  private attach(seat: RelaySeat): void {
    if (this.isOver) {
      seat.giveUp();
      return;
    }
    const { fromSequence } = this.request;
    seat.attach({
      connection: this.connection,
      ...(fromSequence === undefined ? {} : { fromSequence }),
      onClosed: () => this.connection.end(),
    });
  }

  private deliver(): void {
    const bytes = this.connection.take();
    if (bytes.length > 0) this.handler.onBytes(bytes, 0, bytes.length);
  }
}
