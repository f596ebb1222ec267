import { describe, expect, it, vi } from 'vitest';
import { RequestLoad } from './request-load.ts';
import type { WireHandler } from './wire.ts';

const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
const MISSING = Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');

/** A server that does what it is told with every request. */
function serverOf(onRequest: (handler: WireHandler, connection: number) => void) {
  let connections = 0;
  return (handler: WireHandler) => {
    const number = connections++;
    setImmediate(() => handler.onOpen());
    return { write: () => onRequest(handler, number), close: () => handler.onClose() };
  };
}

async function run(
  onRequest: (handler: WireHandler, connection: number) => void,
  perSecond = 1000,
): Promise<RequestLoad> {
  const dial = serverOf(onRequest);
  const load = new RequestLoad({ dial, connections: 3, request: () => Buffer.from('GET') });
  await load.open();
  load.start(perSecond);
  await vi.waitFor(() =>
    expect(load.answers + (load.fault === undefined ? 0 : 50)).toBeGreaterThan(20),
  );
  load.stop();
  return load;
}

describe('RequestLoad', () => {
  it('counts answers and their bytes', async () => {
    const load = await run((handler) => handler.onData(ANSWER, 0, ANSWER.length));
    expect(load.bytes).toBe(load.answers * ANSWER.length);
    expect(load.fault).toBeUndefined();
  });

  it('passes over who waits for an answer', async () => {
    const asked = [0, 0, 0];
    await run((handler, connection) => {
      asked[connection]!++;
      if (connection !== 1) handler.onData(ANSWER, 0, ANSWER.length);
    });
    expect(asked[1]).toBe(1);
    expect(asked[0]).toBeGreaterThan(5);
  });

  it('says that a request was refused, or a connection closed', async () => {
    const refused = await run((handler) => handler.onData(MISSING, 0, MISSING.length));
    expect(refused.fault).toBe('answered 404');
    const closed = await run((handler) => handler.onClose());
    expect(closed.fault).toBe('the server closed a connection');
  });
});
