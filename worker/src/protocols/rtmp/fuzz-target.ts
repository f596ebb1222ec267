import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { CAPTURES } from '../../formats/rtmp/testing/captures.ts';
import type { FuzzTarget } from '../../media/fuzz-target.ts';
import { ManualClock } from '../../stream/clock.ts';
import { DEFAULT_RTMP_LIMITS } from './limits.ts';
import { RtmpSession } from './session.ts';
import type { RtmpStreamAccess } from './stream-access.ts';
import { FakeConnection } from './testing/fake-connection.ts';
import { openVisitors } from '../../sessions/testing/open-visitors.ts';

/** Whether a publisher is accepted is decided later; input is then held. */
const streams: RtmpStreamAccess = {
  publish: () => new Promise(() => undefined),
  view: () => new Promise(() => undefined),
  viewSync: () => undefined,
};

const context = {
  streams,
  visitors: openVisitors(),
  log: pino({ level: 'silent' }),
  clock: new ManualClock(),
  counters: { count: () => undefined },
  limits: DEFAULT_RTMP_LIMITS,
  random: (count: number) => Buffer.alloc(count),
};

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'rtmp/session',
    corpus: () => Object.values(CAPTURES).map((file) => readFileSync(file).subarray(0, 6000)),
    run: (input) => {
      const connection = new FakeConnection();
      const session = new RtmpSession(connection, context, () => undefined);
      connection.handler = session;
      session.onData(input, 0, input.length);
      connection.close();
    },
  },
];
