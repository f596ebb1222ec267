import type { Sim } from '../model/sim.ts';

/** What theory says; of max/mean over `workers`, where nothing else is said. */

/** Things drawn at random, `each` to a worker on average (Raab and Steger: the
 * fullest of n bins, for many balls). */
export function randomBound(workers: number, each: number): number {
  return 1 + Math.sqrt((2 * Math.log(workers)) / each);
}

/** The less loaded of two drawn, with loads that are known (Berenbrink et al.). */
export function twoChoicesBound(workers: number, each: number): number {
  return 1 + Math.log(Math.log(workers)) / Math.LN2 / each;
}

/** No placement of whole streams is better than the heaviest of them alone. */
export function wholeStreamBound({ cluster, balance }: Sim): number {
  const loads = cluster.streams.map(({ parts, viewerLoad }) => {
    let load = 0;
    for (const { stays, asks } of parts.values()) {
      load += stays * viewerLoad.stays + asks * viewerLoad.asks;
    }
    return load;
  });
  return Math.max(balance.meanLoad, ...loads) / balance.meanLoad;
}

/** Who stays connected goes only by itself: what a worker has lessens by so much
 * a second, even if nobody ever comes to it. */
export function churnBound(start: number, leaveShare: number, seconds: number): number {
  return Math.max(1, start * Math.exp(-leaveShare * seconds));
}
