import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { TestNats } from '../../testing/nats-server.ts';
import { scratchFolder } from '../../testing/scratch.ts';
import { readInBatches } from './read-in-batches.ts';

const PATIENCE_MS = 20_000;
const folder = scratchFolder();
let nats: TestNats;
let reader: NatsConnection;
let writer: NatsConnection;
/** When something was read: one entry a turn of the loop. */
let turns: Set<number>;
let received: number;

async function dial(): Promise<NatsConnection> {
  return await connect({ servers: nats.url, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
}

beforeAll(async () => {
  nats = await TestNats.prepare(folder.path);
  nats.start();
  reader = await eventually('NATS', PATIENCE_MS, () => dial().catch(() => undefined));
  writer = await dial();
  readInBatches(reader);
  reader.subscribe('report', {
    callback: () => {
      received += 1;
      turns.add(Math.round(performance.now() / 5));
    },
  });
  await reader.flush();
});
afterAll(async () => {
  await reader.close();
  await writer.close();
  await nats.stop();
  folder[Symbol.dispose]();
});
beforeEach(() => {
  received = 0;
  turns = new Set();
});

async function report(count: number, pauseMs: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    writer.publish('report', new Uint8Array(100));
    await sleep(pauseMs);
  }
  await writer.flush();
}

async function allOf(count: number): Promise<void> {
  await eventually(`${count} reports`, PATIENCE_MS, () => received === count);
}

async function isThere(connection: NatsConnection): Promise<void> {
  await eventually('an answer', PATIENCE_MS, () =>
    connection.flush().then(
      () => true,
      () => false,
    ),
  );
}

describe('readInBatches', () => {
  it('tells seldom, however often something comes', async () => {
    await report(200, 4);
    await allOf(200);
    expect(turns.size).toBeLessThan(60);
  });

  it('does not hold up what is much', async () => {
    const startMs = performance.now();
    for (let i = 0; i < 20_000; i += 1) writer.publish('report', new Uint8Array(1_000));
    await allOf(20_000);
    // A pause after each 64 KB would take 15 s.
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });

  it('goes on so after a reconnect', async () => {
    await nats.stop();
    nats.start();
    await isThere(writer);
    await isThere(reader);
    await report(200, 4);
    await allOf(200);
    expect(turns.size).toBeLessThan(60);
  });
});
