import { failures } from './failures.ts';
import { flashCrowdScenario } from './flash-crowd.ts';
import { fresh } from './fresh.ts';
import { large } from './large.ts';
import { redirect } from './redirect.ts';
import { scaleUpScenario } from './scale-up.ts';
import type { Scenario } from './scenario.ts';
import { service } from './service.ts';
import { stale } from './stale.ts';
import { staying } from './staying.ts';
import { updateScenario } from './update.ts';

/** All scenarios, in the order of docs/placement.md. */
export const SCENARIOS: readonly Scenario[] = [
  ...[fresh, redirect, staying, service, scaleUpScenario],
  ...[flashCrowdScenario, stale, failures, updateScenario, large],
];
