// @ts-check
// Workers by node and NUMA node, as warm as their loops are busy.
import { count, percent } from '../format.js';
import { html } from '../html.js';
import { workerHref } from '../routes.js';

/** @param {{cluster: any, workers: any[]}} props */
export function HeatMap({ cluster, workers }) {
  const groups = Map.groupBy(workers, placeOf);
  const scale = workers.length > 120 ? 'small' : workers.length > 24 ? 'middle' : 'large';
  return html`<div class="heat-map ${scale}">
    ${[...groups].map(
      ([place, some]) =>
        html`<div class="place" key=${place} role="group" aria-label=${place}>
          <h3>${place}<span class="note">${summary(some)}</span></h3>
          <ul>
            ${some.map((worker) => html`<li key=${worker.id}><${Cell} cluster=${cluster} worker=${worker} scale=${scale} /></li>`)}
          </ul>
        </div>`,
    )}
    <p class="scale" aria-hidden="true"><span>idle</span><i></i><span>busy</span></p>
  </div>`;
}

/** @param {any} worker */
function placeOf({ node, numaNode }) {
  const numa = numaNode < 0 ? 'NUMA node not known' : `NUMA node ${numaNode}`;
  return node === '' ? numa : `${node}, ${numa}`;
}

/** @param {any[]} workers */
function summary(workers) {
  const busy = workers.reduce((sum, { loopUtilization }) => sum + loopUtilization, 0);
  return `${percent(busy / workers.length)} busy`;
}

/** @param {{cluster: any, worker: any, scale: string}} props */
function Cell({ cluster, worker, scale }) {
  const { id, state, loopUtilization, viewers, streams, loopCpu, cpus } = worker;
  const cpu =
    loopCpu >= 0
      ? `CPU ${loopCpu}`
      : cpus.length > 0
        ? `CPU ${cpus.join(', ')}, shared`
        : 'not pinned';
  const title = `${id}, ${state}, ${cpu}: ${percent(loopUtilization)} busy, ${count(viewers)} viewers, ${count(streams)} streams`;
  return html`<a
    class="cell ${state}"
    href=${workerHref(cluster, id)}
    style=${{ '--heat': `${Math.round(Math.min(1, loopUtilization) * 100)}%` }}
    title=${title}
    aria-label=${scale === 'small' ? title : undefined}
  >
    ${scale !== 'small' && html`<b>${id.replace(`${cluster.name}-`, '')}</b>`}
    ${scale === 'large' && html`<span>${state === 'ready' ? percent(loopUtilization) : state}</span>`}
    ${scale === 'large' && html`<small>${cpu}</small>`}
  </a>`;
}
