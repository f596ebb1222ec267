// @ts-check
// Who pulls a stream from whom.
import { counted } from '../format.js';
import { html } from '../html.js';
import { workerHref } from '../routes.js';

const ROLES = {
  ingest: 'ingest',
  home: 'home',
  'ingest-and-home': 'ingest and home',
  replica: 'replica',
  relay: 'relay',
};

/** @param {{cluster: any, nodes: any[]}} props */
export function RelayTree({ cluster, nodes }) {
  if (nodes.length === 0) return html`<p class="empty">No worker has reported it yet.</p>`;
  return html`<ul class="tree">
    ${nodes.map(
      ({ worker, role, viewers, pulledBy }) =>
        html`<li key=${worker}>
          <span class="node ${role}">
            <a href=${workerHref(cluster, worker)}>${worker}</a>
            <em>${ROLES[role] ?? role}</em>
            <span class="note">${counted(viewers, 'viewer')}</span>
          </span>
          ${pulledBy.length > 0 && html`<${RelayTree} cluster=${cluster} nodes=${pulledBy} />`}
        </li>`,
    )}
  </ul>`;
}
