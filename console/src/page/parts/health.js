// @ts-check
// How the publisher sends.
import { html } from '../html.js';
import { Facts } from './basics.js';

/** @param {{health: any}} props */
export function Health({ health }) {
  const { framesPerSecond, keyIntervalMs, driftMs, pace, gaps, stepsBack, warnings } = health;
  return html`${warnings.map(({ code, message }) => html`<p class="warning" key=${code}>${message}</p>`)}
    ${warnings.length === 0 && html`<p class="fine">Nothing is wrong with what is sent.</p>`}
    <${Facts}
      pairs=${[
        ['Pictures a second', framesPerSecond.toFixed(1)],
        ['Key frame every', keyIntervalMs === 0 ? '–' : `${(keyIntervalMs / 1_000).toFixed(1)} s`],
        ['Sound ahead of picture', `${driftMs} ms`],
        ['Pace', pace === 0 ? 'not known yet' : `${pace.toFixed(2)} media seconds a second`],
        ['Gaps, steps back', `${gaps}, ${stepsBack}`],
      ]}
    />`;
}
