import net from 'node:net';
import { onTestFinished } from 'vitest';
import type {
  Connection,
  ConnectionHandler,
  Engine,
  EngineOptions,
  TlsContext,
} from '../engine.ts';
import { createEngine, DEFAULT_ENGINE_OPTIONS } from '../native.ts';

const MIB = 1024 * 1024;
const PATIENCE_MS = 20_000;
const POLL_MS = 2;

/** An engine that is closed when the test ends. */
export function testEngine(options: Partial<EngineOptions> = {}): Engine {
  const engine = createEngine({
    ...DEFAULT_ENGINE_OPTIONS,
    arenaBytes: 512 * MIB,
    arenaCapBytes: 256 * MIB,
    maxConnections: 2048,
    ...options,
  });
  onTestFinished(() => engine.close());
  return engine;
}

/** Listens on loopback; `handle` makes the handler of each accepted connection. */
export function serve(
  engine: Engine,
  handle: (connection: Connection) => Partial<ConnectionHandler>,
  { host = '127.0.0.1', tls }: { readonly host?: string; readonly tls?: TlsContext } = {},
): number {
  const listener = engine.listen({
    host,
    tls,
    port: 0,
    reusePort: false,
    onAccept: (connection) => {
      connection.handler = {
        onData: () => undefined,
        onClose: () => undefined,
        ...handle(connection),
      };
    },
  });
  return listener.port;
}

/** A plain client; what it received is in `bytes()`. */
export interface Client {
  readonly socket: net.Socket;
  bytes(): Buffer;
  length(): number;
}

export function client(port: number, host = '127.0.0.1', allowHalfOpen = false): Client {
  return collect(net.connect({ port, host, allowHalfOpen }));
}

/** Destroyed when the test ends. */
export function collect<Socket extends net.Socket>(socket: Socket): Client & { socket: Socket } {
  const chunks: Buffer[] = [];
  let length = 0;
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
  });
  socket.on('error', () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  return { socket, bytes: () => Buffer.concat(chunks), length: () => length };
}

/** Resolves once the condition holds; rejects with its name if it never does. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const started = performance.now();
  while (!condition()) {
    if (performance.now() - started > PATIENCE_MS) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Bytes that tell their own place, so that any loss or swap shows. */
export function pattern(length: number, seed: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let x = (seed * 2654435761 + 1) >>> 0;
  for (let i = 0; i < length; i += 1) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    buffer[i] = x >>> 24;
  }
  return buffer;
}
