import type { Marks } from '../reconcile/runtime.ts';
import {
  ACCEPTING_LABEL,
  BUSY_LABEL,
  DO_NOT_DISRUPT_ANNOTATION,
  SAFE_TO_EVICT_ANNOTATION,
} from './names.ts';

/** Labels and annotations that say so, for Services, budgets and node autoscalers. */
export function markMeta({ accepting, busy }: Marks): {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
} {
  return {
    labels: { [ACCEPTING_LABEL]: String(accepting), [BUSY_LABEL]: String(busy) },
    annotations: evictionAnnotations(busy),
  };
}

/** What cluster-autoscaler and Karpenter read before they remove a node. */
export function evictionAnnotations(busy: boolean): Record<string, string> {
  return {
    [SAFE_TO_EVICT_ANNOTATION]: String(!busy),
    [DO_NOT_DISRUPT_ANNOTATION]: String(busy),
  };
}

/** What the labels say. */
export function marksOf(labels: Readonly<Record<string, string>>): Marks {
  return { accepting: labels[ACCEPTING_LABEL] === 'true', busy: labels[BUSY_LABEL] === 'true' };
}
