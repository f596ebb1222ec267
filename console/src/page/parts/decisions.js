// @ts-check
// What the operator did and why, the newest first: events, plans, and decisions on streams.
import { ago } from '../format.js';
import { html, useState } from '../html.js';
import { streamHref, workerHref } from '../routes.js';
import { useClock, useMedia } from './basics.js';

const SHOWN = 12;
const SHOWN_NARROW = 4;

/** @param {{cluster: any, parts: Map<string, any>}} props */
export function Decisions({ cluster, parts }) {
  useClock(5_000);
  const [isLong, setLong] = useState(false);
  const all = feedOf(cluster, parts);
  const most = useMedia('(max-width: 1020px)') ? SHOWN_NARROW : SHOWN;
  const shown = isLong ? all : all.slice(0, most);
  if (all.length === 0)
    return html`<p class="empty">Nothing was decided since this operator began.</p>`;
  return html`<ol class="feed">
      ${shown.map(
        ({ key, unixMs, kind, tone, text, href, what }) =>
          html`<li key=${key} class=${tone}>
            <span class="kind">${kind}</span>
            <span class="what">${href && html`<a href=${href}>${what}</a> `}${text}</span>
            <time datetime=${new Date(unixMs).toISOString()}>${ago(unixMs)}</time>
          </li>`,
      )}
    </ol>
    ${
      all.length > most &&
      html`<button
        type="button"
        class="quiet"
        aria-expanded=${isLong}
        onClick=${() => setLong(!isLong)}
      >
        ${isLong ? 'Show fewer' : `Show all ${all.length}`}
      </button>`
    }`;
}

/** Many messages begin with the worker's name, which is a link here. @param {string} message @param {string} [worker] */
export function withoutName(message, worker) {
  return worker !== undefined && message.startsWith(`${worker} `)
    ? message.slice(worker.length + 1)
    : message;
}

/** @param {any} cluster @param {Map<string, any>} parts */
function feedOf(cluster, parts) {
  const events = (parts.get('events')?.items ?? []).map((event, index) => ({
    ...{ key: `e${event.unixMs}${index}`, unixMs: event.unixMs, kind: event.reason },
    text: withoutName(event.message, event.worker),
    ...{ tone: event.type === 'Warning' ? 'warn' : '', what: event.worker },
    href: event.worker && workerHref(cluster, event.worker),
  }));
  const decisions = (parts.get('decisions')?.items ?? []).map(({ stream, decision }) => ({
    ...{ key: `d${stream}`, unixMs: decision.unixMs, kind: decision.kind, what: stream, tone: '' },
    href: streamHref(cluster, stream),
    text: `${decision.why}${decision.outcome === 'Done' ? '' : ` (${decision.outcome})`}`,
  }));
  const plans = (parts.get('rebalance')?.recent ?? []).map((plan) => ({
    ...{ key: `p${plan.id}`, unixMs: plan.unixMs, kind: 'Rebalance', tone: '' },
    text: `${plan.summary || 'newcomers steered'}, ${plan.done} of ${plan.total} done; load over mean ${plan.before.maxOverMean.toFixed(2)} to ${plan.after.maxOverMean.toFixed(2)}`,
  }));
  return [...events, ...decisions, ...plans].sort((a, b) => b.unixMs - a.unixMs);
}
