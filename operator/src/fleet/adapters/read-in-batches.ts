import type { Socket } from 'node:net';
import type { NatsConnection } from '@nats-io/transport-node';

/** How long what has come may wait. */
const PERIOD_MS = 100;
/** Whoever sends so much in one turn of the loop has more, as a directory that is read. */
const BULK_BYTES = 32_768;

/**
 * Takes ten times a second what came over a connection, instead of each time
 * that anything comes. Hundreds of workers report at times of their own, and to
 * parse and tell of one alone costs the client more than the report itself. The
 * kernel still hands over each one as it comes: a paused socket of Node only keeps
 * it. Bulk is taken without a pause. A request over the connection waits, too.
 */
export function readInBatches(nc: NatsConnection): void {
  const followed = new WeakSet<Socket>();
  const follow = (): void => {
    const socket = socketOf(nc);
    if (socket === undefined || followed.has(socket)) return;
    followed.add(socket);
    pauseBetween(socket);
  };
  follow();
  // Each reconnect makes another socket.
  void (async () => {
    for await (const { type } of nc.status()) if (type === 'reconnect') follow();
  })();
}

function pauseBetween(socket: Socket): void {
  let bytes = 0;
  const endOfTurn = (): void => {
    const isBulk = bytes >= BULK_BYTES;
    bytes = 0;
    if (isBulk || socket.destroyed) return;
    socket.pause();
    setTimeout(() => socket.resume(), PERIOD_MS).unref();
  };
  socket.on('data', (chunk: Buffer) => {
    if (bytes === 0) setImmediate(endOfTurn);
    bytes += chunk.length;
  });
}

/** The client shows no socket in its interface; its class does. */
function socketOf(nc: NatsConnection): Socket | undefined {
  const { protocol } = nc as { readonly protocol?: { readonly transport?: { socket?: Socket } } };
  return protocol?.transport?.socket;
}
