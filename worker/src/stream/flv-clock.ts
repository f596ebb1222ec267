/**
 * FLV and RTMP time is dts modulo this. Players that count in 32 signed bits
 * (mpegts.js) freeze at 2^31 ms, 24.8 days, so it starts again a little before;
 * being a function of dts alone, it does so at the same frame on every worker.
 */
export const FLV_CLOCK_PERIOD_MS = 2 ** 31 - 2 ** 20;

/** dtsMs as it is written into tags and messages. */
export function flvTimestampMs(dtsMs: number): number {
  return dtsMs < FLV_CLOCK_PERIOD_MS ? dtsMs : dtsMs % FLV_CLOCK_PERIOD_MS;
}

/** The dts nearest to nearDtsMs that is written as timestampMs. */
export function dtsFromFlvTimestamp(timestampMs: number, nearDtsMs: number): number {
  const dtsMs = nearDtsMs + flvDistanceMs(flvTimestampMs(nearDtsMs), timestampMs);
  return dtsMs < 0 ? timestampMs : dtsMs;
}

/** Signed way from one FLV timestamp to another, the shorter way round. */
export function flvDistanceMs(fromMs: number, toMs: number): number {
  const half = FLV_CLOCK_PERIOD_MS / 2;
  const way = (toMs - fromMs) % FLV_CLOCK_PERIOD_MS;
  if (way > half) return way - FLV_CLOCK_PERIOD_MS;
  return way < -half ? way + FLV_CLOCK_PERIOD_MS : way;
}
