import type { Sample } from '../measure/sample.ts';
import type { Measurement } from './workload.ts';

/** What may be on its way at the ends of a window. */
const SHARE_WANTED = 0.98;

export interface Extra {
  readonly figures?: Record<string, number>;
  readonly fault?: string | undefined;
  /** Of the expected bytes. */
  readonly shareWanted?: number;
}

/** A run does not count in which less was delivered than expected. */
export function measurementOf(
  sample: Sample,
  expectedBytes: number,
  extra: Extra = {},
): Measurement {
  const { bytes, busy, generatorBusy, rssBytes, unitsPerSecond, callsPerUnit } = sample;
  const share = bytes / expectedBytes;
  const less =
    share < (extra.shareWanted ?? SHARE_WANTED)
      ? `only ${(share * 100).toFixed(1)} % of the bytes came`
      : undefined;
  const fault = extra.fault ?? less;
  return {
    ...{ busy, generatorBusy, rssBytes, unitsPerSecond, expectedBytes },
    bytesDelivered: bytes,
    ...(callsPerUnit === undefined ? {} : { callsPerUnit }),
    figures: { ...sample.figures, ...extra.figures },
    ...(fault === undefined ? {} : { fault }),
  };
}
