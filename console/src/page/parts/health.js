// @ts-check
// How the publisher sends, and what of it viewers are likely to notice.
import { ago } from '../format.js';
import { html } from '../html.js';
import { Facts, State } from './basics.js';

/** @param {{health: any, conditions: any[]}} props */
export function Health({ health, conditions }) {
  const { framesPerSecond, keyIntervalMs, driftMs, pace, gaps, stepsBack } = health;
  const wrong = conditions.filter(({ status }) => status === 'False');
  return html`${wrong.map((condition) => html`<${Warning} key=${condition.type} ...${condition} />`)}
    ${wrong.length === 0 && html`<p class="fine">Nothing is wrong with what is sent.</p>`}
    <${Facts}
      pairs=${[
        ['Pictures a second', framesPerSecond.toFixed(1)],
        ['Key frame every', keyIntervalMs === 0 ? '–' : `${(keyIntervalMs / 1_000).toFixed(1)} s`],
        ['Sound ahead of picture', `${driftMs} ms`],
        ['Pace', pace === 0 ? 'not known yet' : `${pace.toFixed(2)} media seconds a second`],
        ['Gaps, steps back', `${gaps}, ${stepsBack}`],
        ['Conditions', html`<${Conditions} conditions=${conditions} />`],
      ]}
    />`;
}

/** @param {{reason: string, message: string, lastTransitionTime: string}} props */
function Warning({ reason, message, lastTransitionTime }) {
  return html`<p class="warning">
    <strong>${reason}</strong>: ${message} <time>(${ago(Date.parse(lastTransitionTime))})</time>
  </p>`;
}

/** @param {{conditions: any[]}} props */
function Conditions({ conditions }) {
  if (conditions.length === 0) return 'not known yet';
  return html`<span class="conditions">
    ${conditions.map(
      ({ type, status }) =>
        html`<${State} key=${type} state=${type} tone=${status === 'True' ? 'good' : 'warn'} />`,
    )}
  </span>`;
}
