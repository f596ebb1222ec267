import type { CloseReason, Connection, ConnectionHandler, Engine } from '../../engine/engine.ts';
import type {
  RelayDialer,
  RelayLink,
  RelayLinkHandler,
  RelayRefusal,
  RelayRequest,
} from '../peers.ts';
import { relayQueryString } from '../relay-query.ts';

const MAX_HEAD_BYTES = 8 * 1024;
/** As relay-route.ts writes it; the value may be missing. */
const RELAY_FULL_LINE = /\r\nRelay-Full: ([-a-z0-9]+)?/i;
const HEAD_END = Buffer.from('\r\n\r\n');

/** Dials relays by the engine: one GET, answered by a body without end. */
export class EngineDialer implements RelayDialer {
  private readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  dial(request: RelayRequest, handler: RelayLinkHandler): RelayLink {
    const { host, port } = splitAddress(request.address);
    const link = new EngineLink(request, handler);
    try {
      link.connection = this.engine.connect(host, port, link);
    } catch {
      // No descriptor, or no such address: as if it had been refused, later.
      queueMicrotask(() => link.onClose('error'));
    }
    return link;
  }
}

/** Takes `127.0.0.1:9090` or `[::1]:9090` apart. */
function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host, port: Number(address.slice(colon + 1)) };
}

class EngineLink implements RelayLink, ConnectionHandler {
  readonly kind = 'relay upstream';
  connection: Connection | undefined = undefined;
  private readonly request: RelayRequest;
  private readonly handler: RelayLinkHandler;
  private head: Buffer | undefined = Buffer.alloc(0);
  private isClosed = false;

  constructor(request: RelayRequest, handler: RelayLinkHandler) {
    this.request = request;
    this.handler = handler;
  }

  onConnect(): void {
    const { app, name, address } = this.request;
    const lines = [
      `GET /relay/${app}/${name}?${relayQueryString(this.request)} HTTP/1.1`,
      `Host: ${address}`,
      'Connection: close',
    ];
    this.connection?.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
  }

  onData(slab: Buffer, start: number, end: number): void {
    if (this.isClosed) return;
    if (this.head === undefined) this.handler.onBytes(slab, start, end);
    else this.readHead(this.head, slab.subarray(start, end));
  }

  onClose(reason: CloseReason): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.handler.onClosed(reason);
  }

  close(): void {
    this.isClosed = true;
    this.connection?.close();
  }

  private readHead(before: Buffer, bytes: Buffer): void {
    const head = Buffer.concat([before, bytes]);
    const at = head.indexOf(HEAD_END);
    if (at < 0) {
      this.head = head;
      if (head.length > MAX_HEAD_BYTES) this.refused('');
      return;
    }
    this.head = undefined;
    const text = head.toString('latin1', 0, at);
    const bodyStart = at + HEAD_END.length;
    if (statusOf(text) !== 200) this.refused(text);
    else if (bodyStart < head.length) this.handler.onBytes(head, bodyStart, head.length);
  }

  private refused(head: string): void {
    this.handler.onRefused(refusalOf(head));
    this.close();
    this.handler.onClosed('refused');
  }
}

function statusOf(head: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
}

function refusalOf(head: string): RelayRefusal {
  const full = RELAY_FULL_LINE.exec(head);
  return { status: statusOf(head), isFull: full !== null, tryWorker: full?.[1] };
}
