// @ts-check
import { clusterPath, send } from '../api.js';
import { ago, count } from '../format.js';
import { html, useState } from '../html.js';
import { useTopic } from '../live.js';
import { workerHref } from '../routes.js';
import {
  Action,
  Card,
  Confirmation,
  Facts,
  Figure,
  State,
  Table,
  number,
  useClock,
} from '../parts/basics.js';
import { withoutName } from '../parts/decisions.js';
import { yamlOf } from '../parts/yaml.js';

/** @param {{cluster: any, session: any}} props */
export function ClusterPage({ cluster, session }) {
  const key = `${cluster.namespace}/${cluster.name}`;
  const { items, isKnown } = useTopic(`cluster:${key}`);
  const workers = [...useTopic(`workers:${key}`).items.values()];
  const [isScaling, setScaling] = useState(false);
  useClock(5_000);
  const view = items.get('cluster');
  if (view === undefined) {
    return html`<main id="main" class="alone">
      <h1>${key}</h1>
      <p class="empty">${isKnown ? 'There is no such StreamCluster.' : 'Loading …'}</p>
    </main>`;
  }
  const { spec, status, generation, endpoints } = view;
  const fleet = items.get('fleet');
  const why =
    session.role === 'admin' ? (items.get('actions')?.scale ?? '') : 'You may only read here';
  return html`<main id="main" class="cluster-page">
    <div class="heading">
      <h1>${key} ${status && html`<${State} state=${status.phase} />`}</h1>
      <${Action}
        label="Change the number of workers"
        why=${why}
        onClick=${() => setScaling(true)}
      />
    </div>
    <dl class="figures">
      <${Figure} name="Workers wanted" value=${status?.desiredReplicas ?? '–'} />
      <${Figure} name="Workers ready" value=${status?.readyReplicas ?? '–'} />
      <${Figure} name="Draining" value=${status?.draining ?? 0} />
      <${Figure}
        name="Streams"
        value=${fleet?.streams === null ? '–' : count(fleet?.streams ?? 0)}
      />
      <${Figure} name="Viewers" value=${count(fleet?.viewers ?? 0)} />
      <${Figure}
        name="Generation"
        value=${generation}
        note=${status?.observedGeneration === generation ? 'in force' : 'not in force yet'}
      />
    </dl>
    <div class="halves">
      <div class="stack">
        <${Card} title="Conditions"><${Conditions} conditions=${status?.conditions ?? []} /><//>
        <${Card} title="Workers"><${Workers} cluster=${cluster} workers=${workers} /><//>
        <${Card} title="Balance"><${Balance} balance=${items.get('rebalance')} /><//>
      </div>
      <div class="stack">
        <${Card} title="Events"
          ><${Events} cluster=${cluster} events=${items.get('events')?.items ?? []}
        /><//>
        <${Card} title="Addresses"><${Addresses} endpoints=${endpoints} /><//>
        <${Card} title="Specification">
          <pre class="spec" tabindex="0" aria-label="Specification">
${yamlOf(spec).trimStart()}</pre>
        <//>
      </div>
    </div>
    ${isScaling && html`<${Scale} ...${{ cluster, spec, workers, onClose: () => setScaling(false) }} />`}
  </main>`;
}

/** Of all conditions true is good; of this one it says that something is under way. @param {string} type @param {string} status */
const toneOf = (type, status) =>
  type === 'Progressing' ? 'plain' : { True: 'good', False: 'warn' }[status];

/** @param {{conditions: any[]}} props */
function Conditions({ conditions }) {
  const rows = conditions.map(({ type, status, reason, message, lastTransitionTime }) => ({
    key: type,
    cells: [
      type,
      html`<${State} state=${status} tone=${toneOf(type, status)} />`,
      reason,
      message,
      html`<time>${ago(Date.parse(lastTransitionTime))}</time>`,
    ],
  }));
  return html`<${Table}
    label="Conditions"
    heads=${['Condition', 'Is', 'Reason', 'Message', 'Since']}
    rows=${rows}
    empty="None are known yet."
  />`;
}

/** @param {{cluster: any, workers: any[]}} props */
function Workers({ cluster, workers }) {
  const rows = workers.map(({ id, state, node, loopUtilization, streams, viewers }) => ({
    key: id,
    cells: [
      html`<a href=${workerHref(cluster, id)}>${id}</a>`,
      html`<${State} state=${state} />`,
      node || '–',
      `${Math.round(loopUtilization * 100)} %`,
      count(streams),
      count(viewers),
    ],
  }));
  const heads = ['Worker', 'State', 'Node', number('Busy'), number('Streams'), number('Viewers')];
  return html`<${Table}
    isDense
    label="Workers"
    heads=${heads}
    rows=${rows}
    empty="No worker is there yet."
  />`;
}

/** @param {{balance: any}} props */
function Balance({ balance }) {
  if (balance === undefined) return null;
  const { mode, viewers, maxImbalance, maxMovesPercent, plan, running, steeredOff, isFrozen } =
    balance;
  return html`<${Facts}
    pairs=${[
      ['Mode', `${mode}; viewers come by ${viewers === 'Redirect' ? 'redirects' : 'the Service'}`],
      [
        'Moves streams when',
        `the highest load is above ${maxImbalance} × the mean, at most ${maxMovesPercent} % a cycle`,
      ],
      ['Last plan', plan === null ? 'none yet' : `${plan.message} (${ago(plan.unixMs)})`],
      [
        'Running',
        running.length === 0
          ? 'nothing'
          : running.map(({ stream, kind }) => `${kind} of ${stream}`).join(', '),
      ],
      ...(steeredOff.length > 0 ? [['Newcomers kept from', steeredOff.join(', ')]] : []),
      ...(isFrozen ? [['Frozen', 'many workers are silent at once']] : []),
    ]}
  />`;
}

/** @param {{cluster: any, events: any[]}} props */
function Events({ cluster, events }) {
  const rows = [...events]
    .reverse()
    .slice(0, 50)
    .map(({ type, reason, message, worker, unixMs }, index) => ({
      key: `${unixMs} ${index}`,
      cells: [
        html`<${State} state=${reason} tone=${type === 'Warning' ? 'warn' : 'plain'} />`,
        html`${worker && html`<a href=${workerHref(cluster, worker)}>${worker}</a> `}${withoutName(message, worker)}`,
        html`<time>${ago(unixMs)}</time>`,
      ],
    }));
  return html`<${Table}
    label="Events"
    heads=${['Event', 'What', 'When']}
    rows=${rows}
    empty="Nothing happened since this operator began."
  />`;
}

/** @param {{endpoints: any}} props */
function Addresses({ endpoints }) {
  const { rtmp, http, rtmps, https } = endpoints;
  const host = location.hostname;
  const pairs = [
    ['Publish', html`<code>rtmp://${host}:${rtmp}/live/NAME</code>`],
    ['FLV', html`<code>http://${host}:${http}/live/NAME.flv</code>`],
    ['WebSocket', html`<code>ws://${host}:${http}/live/NAME.flv</code>`],
    ['HLS', html`<code>http://${host}:${http}/live/NAME.m3u8</code>`],
    ...(rtmps
      ? [
          [
            'Encrypted',
            html`<code>rtmps://${host}:${rtmps}</code>, <code>https://${host}:${https}</code>`,
          ],
        ]
      : []),
  ];
  return html`<${Facts} pairs=${pairs} />`;
}

/** @param {{cluster: any, spec: any, workers: any[], onClose: () => void}} props */
function Scale({ cluster, spec, workers, onClose }) {
  const present = spec.fixed?.replicas ?? 0;
  const [text, setText] = useState(String(present));
  const wanted = /^\d+$/.test(text.trim()) ? Number(text) : undefined;
  const act = async () => {
    if (wanted === undefined) throw new Error('A whole number is needed.');
    await send('PUT', `${clusterPath(cluster)}/replicas`, { replicas: wanted });
  };
  return html`<${Confirmation}
    title="Change the number of workers?"
    confirm="Change"
    isDanger=${wanted !== undefined && wanted < present}
    onConfirm=${act}
    onClose=${onClose}
  >
    <label
      >Workers
      <input
        type="number"
        min="0"
        max="1000"
        value=${text}
        onInput=${(event) => setText(event.target.value)}
        autofocus
    /></label>
    <p aria-live="polite">${consequence(present, wanted, spec, workers)}</p>
  <//>`;
}

/** What happens to whom. @param {number} present @param {number | undefined} wanted @param {any} spec @param {any[]} workers */
function consequence(present, wanted, spec, workers) {
  if (wanted === undefined) return 'A whole number is needed.';
  if (wanted === present) return 'That is how many there are meant to be now.';
  const more = Math.abs(wanted - present);
  const noun = more === 1 ? 'worker' : 'workers';
  if (wanted > present)
    return `${more} ${noun} more start. Nobody who publishes or watches is touched.`;
  const { publisherGraceSeconds, deadlineSeconds } = spec.drain;
  const viewers = workers.reduce((sum, worker) => sum + worker.viewers, 0);
  const all =
    wanted === 0
      ? ` All ${count(viewers)} viewers and every stream are cut in the end, because no worker is left.`
      : '';
  return `${more} ${noun} with the fewest publishers and viewers are emptied: their publishers are asked to connect again after ${publisherGraceSeconds} s, and they end after ${deadlineSeconds} s at the latest.${all}`;
}
