// @ts-check
// Where the time of a worker's loop goes, as shares of a CPU over the last two minutes.
import { percent } from '../format.js';
import { html } from '../html.js';

export const PARTS = [
  ['sendMs', 'sending'],
  ['readMs', 'reading'],
  ['parseMs', 'protocols'],
  ['packageMs', 'packaging'],
  ['otherMs', 'beside the engine'],
  ['housekeepingMs', 'housekeeping'],
];
const PLACES = 120;
const HEIGHT = 100;

/** @param {{samples: Record<string, number>[]}} props shares of a CPU by part, oldest first */
export function LoopGraph({ samples }) {
  const last = samples.at(-1);
  const sums = samples.map((sample) =>
    PARTS.reduce((sum, [part = '']) => sum + (sample[part] ?? 0), 0),
  );
  const most = [0.05, 0.1, 0.25, 0.5, 1].find((bound) => Math.max(0, ...sums) <= bound) ?? 1;
  const x = (index) => ((PLACES - samples.length + index) / (PLACES - 1)) * 400;
  const y = (share) => HEIGHT - (Math.min(share, most) / most) * HEIGHT;
  const below = samples.map(() => 0);
  const areas = PARTS.map(([part = '', name]) => {
    const lower = samples.map(
      (_, index) => `${x(index).toFixed(1)},${y(below[index] ?? 0).toFixed(1)}`,
    );
    samples.forEach((sample, index) => (below[index] = (below[index] ?? 0) + (sample[part] ?? 0)));
    const upper = samples.map(
      (_, index) => `${x(index).toFixed(1)},${y(below[index] ?? 0).toFixed(1)}`,
    );
    return html`<polygon class="part ${part}" points=${[...upper, ...lower.reverse()].join(' ')}
      ><title>${name}</title></polygon
    >`;
  });
  const now = last === undefined ? 'not measured yet' : `${percent(sums.at(-1) ?? 0)} of a CPU`;
  return html`<figure class="loop-graph">
    <div class="plot">
      <span class="axis top">${percent(most)}</span
      ><span class="axis bottom">0, two minutes ago</span>
      <svg
        viewBox="0 0 400 100"
        preserveAspectRatio="none"
        role="img"
        aria-label=${`Busy time of the loop by part, the last two minutes; now ${now}`}
      >
        ${areas}
      </svg>
    </div>
    <figcaption>
      <ul class="legend">
        ${PARTS.map(([part = '', name]) => html`<li class="part ${part}">${name} <b>${last === undefined ? '–' : shareText(last[part] ?? 0)}</b></li>`)}
      </ul>
    </figcaption>
  </figure>`;
}

/** @param {number} share */
const shareText = (share) => `${(share * 100).toFixed(1)} %`;
