// @ts-check
import { bitrate, count } from '../format.js';
import { html, useEffect, useRef } from '../html.js';
import { useTopic } from '../live.js';
import { hrefOf } from '../routes.js';
import { Card, Figure, State } from '../parts/basics.js';
import { Decisions } from '../parts/decisions.js';
import { HeatMap } from '../parts/heat-map.js';
import { Sparkline } from '../parts/sparkline.js';
import { StreamsList } from '../parts/streams-list.js';

const KEPT = 120;

/** Its parts follow what they show by themselves, so that none is drawn because of another. @param {{cluster: any, session: any}} props */
export function Overview({ cluster, session }) {
  const key = `${cluster.namespace}/${cluster.name}`;
  const parts = useTopic(`cluster:${key}`).items;
  const status = parts.get('cluster')?.status;
  return html`<main id="main" class="overview">
    <h1>
      <a href=${hrefOf(cluster)}>${key}</a>
      ${status && html`<${State} state=${status.phase} />`}
    </h1>
    <${Figures} clusterKey=${key} status=${status} fleet=${parts.get('fleet')} />
    <${Silent} clusterKey=${key} />
    <div class="columns">
      <${Streams} cluster=${cluster} session=${session} />
      <div class="side">
        <${Workers} cluster=${cluster} />
        <${Card} title="Decisions"><${Decisions} cluster=${cluster} parts=${parts} /><//>
      </div>
    </div>
  </main>`;
}

/** @param {{clusterKey: string, status: any, fleet: any}} props */
function Figures({ clusterKey, status, fleet }) {
  const { items } = useTopic(`workers:${clusterKey}`);
  const workers = [...items.values()];
  const sum = (field) => workers.reduce((total, worker) => total + worker[field], 0);
  const viewers = sum('viewers');
  const outBits = sum('bytesOutPerSecond') * 8;
  const history = useHistory(items, { viewers, outBits });
  const ready = workers.filter(({ state }) => state === 'ready').length;
  const streams = fleet?.streams ?? null;
  return html`<dl class="figures">
    <${Figure} name="Streams" value=${streams === null ? '–' : count(streams)} />
    <${Figure} name="Viewers" value=${count(viewers)}><${Sparkline} values=${history.viewers} /><//>
    <${Figure} name="Sent" value=${bitrate(outBits)}><${Sparkline} values=${history.outBits} /><//>
    <${Figure} name="Received" value=${bitrate(sum('bytesInPerSecond') * 8)} />
    <${Figure}
      name="Workers ready"
      value=${`${ready} of ${status?.desiredReplicas ?? workers.length}`}
    />
    <${Figure}
      name="Highest load over mean"
      value=${`${(fleet?.maxOverMeanLoad ?? 1).toFixed(2)} ×`}
    />
  </dl>`;
}

/** Figures of workers that say nothing are in the sums. @param {{clusterKey: string}} props */
function Silent({ clusterKey }) {
  const workers = [...useTopic(`workers:${clusterKey}`).items.values()];
  const silent = workers.filter(({ state }) => state === 'silent');
  if (silent.length === 0) return null;
  const who = silent.length > 3 ? count(silent.length) : silent.map(({ id }) => id).join(', ');
  return html`<p class="warning" role="status">
    ${silent.length === workers.length ? 'No worker sends reports' : `No reports come from ${who}`}:
    figures and streams of these workers are the last ones that were heard.
  </p>`;
}

/** @param {{cluster: any, session: any}} props */
function Streams({ cluster, session }) {
  const key = `${cluster.namespace}/${cluster.name}`;
  const topic = useTopic(`streams:${key}`);
  const port = useTopic('clusters').items.get(key)?.endpoints.rtmp;
  const publish = `rtmp://${location.hostname}:${port ?? 1935}/live/NAME`;
  return html`<${StreamsList} ...${{ cluster, session, publish, ...topic }} />`;
}

/** @param {{cluster: any}} props */
function Workers({ cluster }) {
  const workers = [...useTopic(`workers:${cluster.namespace}/${cluster.name}`).items.values()];
  return html`<${Card} title="Workers" note="by NUMA node">
    ${
      workers.length === 0
        ? html`<p class="empty">No worker is there yet.</p>`
        : html`<${HeatMap} ...${{ cluster, workers }} />`
    }
  <//>`;
}

/** The last two minutes, once a change. @param {any} change @param {{viewers: number, outBits: number}} now */
function useHistory(change, now) {
  const kept = useRef({ viewers: [], outBits: [] });
  useEffect(() => {
    if (change.size === 0) return;
    for (const [name, values] of Object.entries(kept.current)) {
      values.push(now[name]);
      if (values.length > KEPT) values.shift();
    }
  }, [change]);
  return kept.current;
}
