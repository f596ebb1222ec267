import type { Logger } from 'pino';
import { canonicalAddress } from '../access/address.ts';
import type { Connection, ConnectionHandler, Engine, ListenOptions } from '../engine/engine.ts';
import {
  MAX_PROXY_HEADER_BYTES,
  readProxyHeader,
  type ProxyHeader,
} from '../formats/proxy-protocol/reader.ts';
import type { Clock, Timer } from '../stream/clock.ts';

export interface ProxiedOptions {
  readonly trust: { has(address: string): boolean };
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: { count(reason: string): void };
}

type Listening = Pick<Engine, 'listen'>;

/** As for other first bytes of a client. */
const HEADER_MS = 10_000;
const CODE = 'PROXY_HEADER_INVALID';

/**
 * The same engine, whose connections are told of once the header of the PROXY protocol
 * that a trusted peer may write is read. Others' are left to who reads the connection,
 * which it does not belong to; in front of TLS nobody else would see it.
 */
export function proxied(engine: Listening, options: ProxiedOptions): Listening {
  const accept = (connection: Connection, preface: Buffer | undefined, next: Next): void => {
    const isTrusted = options.trust.has(connection.remoteAddress);
    if (preface !== undefined && !isTrusted) {
      refuse(connection, 'peer is not trusted', options);
    } else if (preface !== undefined) {
      if (apply(connection, readProxyHeader(preface, 0, preface.length), options)) next();
    } else if (isTrusted && !connection.isEncrypted) {
      connection.handler = new HeaderReader(connection, options, next);
    } else {
      next();
    }
  };
  return {
    listen: (listening: ListenOptions) =>
      engine.listen({
        ...listening,
        onAccept: (connection, preface) =>
          accept(connection, preface, () => listening.onAccept(connection)),
      }),
  };
}

type Next = () => void;

/** Has a connection until its first bytes have said whether they are a header. */
class HeaderReader implements ConnectionHandler {
  readonly kind = 'proxied';
  private readonly connection: Connection;
  private readonly options: ProxiedOptions;
  private readonly next: Next;
  private readonly timer: Timer;
  private held: Buffer = Buffer.alloc(0);

  constructor(connection: Connection, options: ProxiedOptions, next: Next) {
    this.connection = connection;
    this.options = options;
    this.next = next;
    this.timer = options.clock.setTimer(HEADER_MS, () => {
      refuse(connection, 'not complete in time', options);
    });
  }

  onData(slab: Buffer, start: number, end: number): void {
    // The first bytes have it, in all but odd cases.
    const isFirst = this.held.length === 0;
    const bytes = isFirst ? slab : Buffer.concat([this.held, slab.subarray(start, end)]);
    const from = isFirst ? start : 0;
    const to = isFirst ? end : bytes.length;
    const read = readProxyHeader(bytes, from, to);
    if (read === 'partial' && to - from <= MAX_PROXY_HEADER_BYTES) {
      this.held = Buffer.from(bytes.subarray(from, to));
      return;
    }
    this.timer.clear();
    if (!apply(this.connection, read, this.options)) return;
    this.next();
    const at = typeof read === 'object' ? from + read.length : from;
    if (at < to) this.connection.handler.onData(bytes, at, to);
  }

  onClose(): void {
    this.timer.clear();
  }
}

/** False: it is malformed, and the connection closed. */
function apply(
  connection: Connection,
  read: ReturnType<typeof readProxyHeader>,
  options: ProxiedOptions,
): boolean {
  if (read === 'none') return true;
  const address = typeof read === 'object' ? addressOf(read) : undefined;
  if (typeof read !== 'object' || address === undefined) {
    refuse(connection, 'malformed', options);
    return false;
  }
  if (address !== '') connection.passesOn(address, read.port);
  return true;
}

function addressOf({ address }: ProxyHeader): string | undefined {
  return address === '' ? '' : canonicalAddress(address);
}

function refuse(connection: Connection, reason: string, { log, counters }: ProxiedOptions): void {
  const { id, remoteAddress } = connection;
  counters.count(CODE);
  log.info({ code: CODE, connection: id, reason, remoteAddress }, 'connection refused');
  connection.close();
}
