/** Why a request is refused, with the status that says so. The connection
 * cannot go on behind one: where the next request starts is unknown. */
const FAULTS = {
  'method-malformed': 400,
  'target-malformed': 400,
  'version-malformed': 400,
  'line-malformed': 400,
  'header-malformed': 400,
  'header-folded': 400,
  'host-missing': 400,
  'host-repeated': 400,
  'content-length-malformed': 400,
  'content-length-repeated': 400,
  'content-length-with-transfer-encoding': 400,
  'transfer-encoding-unsupported': 400,
  'chunk-malformed': 400,
  'target-too-long': 414,
  'head-too-long': 431,
  'headers-too-many': 431,
  'version-unsupported': 505,
} as const;

export type RequestFault = keyof typeof FAULTS;

export function statusOfFault(fault: RequestFault): number {
  return FAULTS[fault];
}
