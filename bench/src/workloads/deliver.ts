import type { Clip } from '../generator/clip.ts';
import type { Protocol } from '../generator/viewer-opener.ts';
import { sleep } from '../generator/wait.ts';
import type { ServerUnderTest } from '../server/server.ts';
import { loopOf } from './loop-of.ts';
import { Show } from './show.ts';
import type { Lab, Measurement } from './workload.ts';

/** What is delivered, and to how many. */
export interface Delivery {
  readonly clip: Clip;
  readonly streams: number;
  readonly viewers: number;
  readonly protocol: Protocol;
  /** Where viewers go, when that is not where publishers go. */
  readonly viewersAt?: ServerUnderTest;
  /** By default the one where publishers go. */
  readonly measured?: ServerUnderTest;
}

/** Delivers live streams to viewers and measures what that costs. The unit is one
 * viewer who is served for a second. */
export async function deliver(
  server: ServerUnderTest,
  lab: Lab,
  delivery: Delivery,
): Promise<Measurement> {
  const show = await Show.start({ lab, server, ...delivery });
  try {
    await show.join(delivery.viewers);
    await sleep(lab.warmUpMs);
    const sample = await show.sample();
    const sendTickMs = (await loopOf(delivery.measured ?? server))?.engine.sendTickMs;
    const figures = sendTickMs === undefined ? {} : { sendTickMs };
    const fault = await show.end();
    return show.measurement(sample, { figures, fault });
  } finally {
    await show.close();
  }
}
