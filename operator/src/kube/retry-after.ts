const MAX_RETRY_AFTER_MS = 60_000;

/** Of the header, which Kubernetes sends in seconds; undefined without one. */
export function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,9}$/.test(header.trim())) return undefined;
  return Math.min(MAX_RETRY_AFTER_MS, Number(header) * 1_000);
}
