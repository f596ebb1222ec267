import type { Clip } from '../generator/clip.ts';
import type { Protocol } from '../generator/viewer-opener.ts';
import { sleep } from '../generator/wait.ts';
import type { Sample } from '../measure/sample.ts';
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
  /** Instead of the usual: ticks that adapt need seconds. */
  readonly warmUpMs?: number;
}

/** What may be on its way at the ends of a window. */
const BYTES_WANTED = 0.98;

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
    await sleep(delivery.warmUpMs ?? lab.warmUpMs);
    const sample = await show.sample();
    const sendTickMs = (await loopOf(delivery.measured ?? server))?.engine.sendTickMs;
    const figures = sendTickMs === undefined ? {} : { sendTickMs };
    const fault = await show.end();
    return measurementOf(sample, show.expectedBytes(), { figures, fault });
  } finally {
    await show.close();
  }
}

/** A run does not count in which less was delivered than expected. */
export function measurementOf(
  sample: Sample,
  expectedBytes: number,
  extra: { readonly figures?: Record<string, number>; readonly fault?: string | undefined } = {},
): Measurement {
  const { bytes, busy, generatorBusy, rssBytes, unitsPerSecond, callsPerUnit } = sample;
  const share = bytes / expectedBytes;
  const less =
    share < BYTES_WANTED ? `only ${(share * 100).toFixed(1)} % of the bytes came` : undefined;
  const fault = extra.fault ?? less;
  return {
    ...{ busy, generatorBusy, rssBytes, unitsPerSecond, expectedBytes },
    bytesDelivered: bytes,
    ...(callsPerUnit === undefined ? {} : { callsPerUnit }),
    figures: { ...sample.figures, ...extra.figures },
    ...(fault === undefined ? {} : { fault }),
  };
}
