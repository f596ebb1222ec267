import { describe, expect, it } from 'vitest';
import type { Connection } from './engine.ts';
import { client, pattern, serve, testEngine, until } from './testing/fixture.ts';

describe('socket memory', () => {
  it('says what the kernel holds of a connection', async () => {
    const engine = testEngine();
    let connection: Connection | undefined;
    const port = serve(engine, (accepted) => {
      connection = accepted;
      return {};
    });
    const { socket } = client(port);
    socket.pause();
    await until('accepted', () => connection !== undefined);
    expect(connection?.socketMemory()).toMatchObject({ unacknowledgedBytes: 0, unreadBytes: 0 });
    for (let i = 0; i < 100; i += 1) connection?.write(pattern(10_000, i));
    await until('the kernel is full', () => (connection?.socketMemory()?.unsentBytes ?? 0) > 0);
    const held = connection!.socketMemory()!;
    expect(held.unacknowledgedBytes).toBeGreaterThanOrEqual(held.unsentBytes);
    expect(held.sendMemoryBytes).toBeGreaterThanOrEqual(held.unacknowledgedBytes / 2);
    connection?.pauseReads(true);
    socket.write(pattern(5_000, 1));
    await until('unread bytes', () => connection?.socketMemory()?.unreadBytes === 5_000);
    connection?.close();
    expect(connection?.socketMemory()).toBeUndefined();
  });
});
