import { boundedHashing } from './bounded-hashing.ts';
import { ours } from './ours.ts';
import { leastLoaded, placed, roundRobin } from './placements.ts';
import type { Strategy } from './strategy.ts';

/** Placed once, at random; nothing is ever done about it. */
export function nothing(): Strategy {
  return { name: 'doing nothing', place: placed('Random'), redirects: 'ToHome', sheds: false };
}

/** Homes move as ours do, and nothing else happens: streams stay whole. */
function wholeStreams(): Strategy {
  return ours({
    name: 'moves only',
    settings: { splitAtMeanLoad: Infinity },
    ...{ redirects: 'ToHome', steers: false, sheds: false },
  });
}

/** What ours stands beside. */
export function peers(): Strategy[] {
  const static_ = { redirects: 'ToHome', sheds: false } as const;
  return [
    nothing(),
    { name: 'round-robin', place: roundRobin(), ...static_ },
    { name: 'least-loaded', place: leastLoaded, ...static_ },
    boundedHashing(),
    wholeStreams(),
  ];
}
