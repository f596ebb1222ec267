import { expect, it } from 'vitest';
import { testEngine, until } from './testing/fixture.ts';

const CLIENTS = 200;

it('resets nobody who waits at a listener that is closed', async () => {
  const engine = testEngine();
  let accepted = 0;
  const listener = engine.listen({
    ...{ host: '127.0.0.1', port: 0, reusePort: false, paced: true },
    onAccept: () => void (accepted += 1),
  });
  const closed: number[] = [];
  const handler = { onData: () => undefined, onClose: () => void closed.push(1) };
  // The kernel shakes hands at once; nobody is accepted before the loop turns.
  for (let i = 0; i < CLIENTS; i += 1) engine.connect('127.0.0.1', listener.port, handler);
  listener.close();
  await until('all are accepted', () => accepted === CLIENTS);
  expect(closed).toEqual([]);
  const refused = Promise.withResolvers<unknown>();
  engine.connect('127.0.0.1', listener.port, { ...handler, onClose: refused.resolve });
  await refused.promise;
  expect(accepted).toBe(CLIENTS);
});
