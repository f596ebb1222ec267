import { fresh } from './scenarios/fresh.ts';
import { redirect } from './scenarios/redirect.ts';
import { staying } from './scenarios/staying.ts';
import { scaleUpScenario } from './scenarios/scale-up.ts';
import { service } from './scenarios/service.ts';
import { flashCrowdScenario } from './scenarios/flash-crowd.ts';
import { stale } from './scenarios/stale.ts';
import { failures } from './scenarios/failures.ts';
import { updateScenario } from './scenarios/update.ts';
import { large } from './scenarios/large.ts';
const all = [
  fresh,
  redirect,
  staying,
  scaleUpScenario,
  service,
  flashCrowdScenario,
  stale,
  failures,
  updateScenario,
  large,
];
for (const s of all.filter((x) => process.argv.slice(2).includes(x.key))) {
  const t = performance.now();
  const r = s.run(1);
  console.log(r.title);
  for (const t of r.tables) console.table([t.head, ...t.rows]);
  for (const b of r.bars) console.log(b.isReached, b.what, b.bar, b.measured);
  console.log(performance.now() - t);
}
