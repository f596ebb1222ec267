// @ts-check
import { html } from '../html.js';

/** The first values of a figure fill a part of it. */
const MIN_PLACES = 30;

/** The last minutes of a figure, without axes. @param {{values: number[]}} props */
export function Sparkline({ values }) {
  const places = Math.max(values.length, MIN_PLACES);
  if (values.length < 2) return html`<svg class="sparkline" aria-hidden="true"></svg>`;
  const most = Math.max(...values, 1e-9);
  const points = values.map((value, index) => {
    const x = 100 - ((values.length - 1 - index) / (places - 1)) * 100;
    return `${x.toFixed(2)},${(23 - (value / most) * 21).toFixed(2)}`;
  });
  const first = points[0]?.split(',')[0];
  return html`<svg
    class="sparkline"
    viewBox="0 0 100 24"
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    <polygon points=${`${first},24 ${points.join(' ')} 100,24`} />
    <polyline points=${points.join(' ')} />
  </svg>`;
}
