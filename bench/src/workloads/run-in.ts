import { Broadcast } from '../generator/broadcast.ts';
import type { Clip } from '../generator/clip.ts';
import { sleep } from '../generator/wait.ts';
import type { ServerUnderTest } from '../server/server.ts';
import { APP, type Lab } from './workload.ts';

const STREAMS = 40;
export const RUN_IN_MS = 4_000;

/**
 * Gives a server that just started the past of one in service. V8 compiles for speed
 * what was called 3,000 times; one publisher needs a minute for that, during which the
 * compiler costs more than the publisher. Compiled programs get the same.
 */
export async function runIn(lab: Lab, server: ServerUnderTest, clip: Clip): Promise<void> {
  if (lab.warmUpMs < RUN_IN_MS) return;
  const names = Array.from({ length: STREAMS }, (_, i) => `r${i}-${lab.tag}`);
  const broadcast = await Broadcast.start({ engine: lab.engine, server, app: APP, names, clip });
  await sleep(RUN_IN_MS);
  await broadcast.end();
}
