import type { StreamDecision } from '../fleet/stream-decisions.ts';
import type { StreamView } from '../fleet/stream-view.ts';

type DecisionItem = Omit<StreamDecision, 'home'>;

/**
 * The last decision on a stream, as long as it holds: a worker that gets no answer in time
 * draws for itself, and so it does when the home dies.
 */
export function decisionItem(
  stream: Pick<StreamView, 'home'>,
  decision: StreamDecision | undefined,
): DecisionItem | null {
  if (decision === undefined) return null;
  const { home, ...item } = decision;
  if (home === undefined || home === stream.home) return item;
  const why = `the ingest worker made ${stream.home} the home by itself; the operator had drawn ${home}`;
  return { ...item, why, outcome: 'Overtaken' };
}
