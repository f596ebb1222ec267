import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ON_A_CLUSTER } from '../src/docs/on-a-cluster.ts';
import { Room } from './docs-room.ts';

/** `e2e/src/docs-commands.test.ts` sees to it that no command is forgotten. */
describe('what the documents tell for Kubernetes', () => {
  let room: Room;

  beforeAll(async () => {
    room = await Room.start();
  });
  afterAll(() => room.stop());

  it.each(ON_A_CLUSTER)('$document: $begins', async (step) => {
    expect(await room.take(step)).toMatch(step.shows ?? /^/);
  });
});
