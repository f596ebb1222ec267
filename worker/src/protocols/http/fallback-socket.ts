import { Duplex } from 'node:stream';
import type { Connection } from '../../engine/engine.ts';

/** Beyond this Node's server has to wait before it writes on. */
const HIGH_WATER_BYTES = 256 * 1024;

export interface FallbackOwner {
  readonly connection: Connection;
  /** Node has closed it: the connection must end. */
  fallbackEnded(): void;
  /** A request body may go on. */
  fallbackWantsMore(): void;
}

/**
 * The socket that Node's HTTP server sees for one request. It lives as long as
 * that request and its answer; then the connection is ours again.
 */
export class FallbackSocket extends Duplex {
  readonly owner: FallbackOwner;
  private isDetached = false;
  private waiting: (() => void) | undefined = undefined;

  constructor(owner: FallbackOwner) {
    super({ allowHalfOpen: true });
    this.owner = owner;
    // Node's server listens to what it cares about; a late error is no crash.
    this.on('error', () => undefined);
  }

  get remoteAddress(): string {
    return this.owner.connection.remoteAddress;
  }

  get remotePort(): number {
    return this.owner.connection.remotePort;
  }

  get remoteFamily(): string {
    return this.remoteAddress.includes(':') ? 'IPv6' : 'IPv4';
  }

  get localPort(): number {
    return this.owner.connection.localPort;
  }

  /** The answer is complete: destroying this no longer ends the connection. */
  detach(): void {
    this.isDetached = true;
    this.destroy();
  }

  /** The connection has given all it had to the kernel. */
  drained(): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.();
  }

  override _read(): void {
    this.owner.fallbackWantsMore();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    if (this.isDetached) {
      done();
      return;
    }
    this.owner.connection.write(chunk);
    if (this.owner.connection.queuedBytes > HIGH_WATER_BYTES) this.waiting = done;
    else done();
  }

  override _final(done: (error?: Error) => void): void {
    if (!this.isDetached) this.owner.fallbackEnded();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.isDetached) this.owner.fallbackEnded();
    this.drained();
    done(error);
  }

  /** Time limits are the session's; Node may set what it likes. */
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
