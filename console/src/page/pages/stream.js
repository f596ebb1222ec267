// @ts-check
import { streamPath } from '../api.js';
import { ago, bitrate, count, protocolsText, trackText } from '../format.js';
import { html, useState } from '../html.js';
import { useTopic } from '../live.js';
import { hrefOf, workerHref } from '../routes.js';
import { Card, Facts, State, useClock } from '../parts/basics.js';
import { Health } from '../parts/health.js';
import { Player } from '../parts/player.js';
import { RelayTree } from '../parts/relay-tree.js';
import { Sessions } from '../parts/sessions.js';
import { Ring } from '../ring/ring.js';
import { useRing } from '../ring/use-ring.js';

/** @param {{cluster: any, stream: string, session: any}} props */
export function StreamPage({ cluster, stream, session }) {
  const key = `${cluster.namespace}/${cluster.name}`;
  const { items, isKnown } = useTopic(`stream:${key}/${stream}`);
  const endpoints = useTopic('clusters').items.get(key)?.endpoints;
  const view = items.get('stream');
  const [chosen, setChosen] = useState('');
  const workers = (view?.workers ?? []).map(({ worker }) => worker).sort();
  const worker = workers.includes(chosen) ? chosen : (view?.ingest ?? '');
  const seen = useRing(cluster, stream, worker);
  const heading = html`<h1>
    <span class="crumbs"><a href=${hrefOf(cluster, 'overview')}>Streams</a> / </span>${stream}
    ${view && html`<${State} state=${view.state} />`}
  </h1>`;
  if (view === undefined) {
    return html`<main id="main" class="alone">
      ${heading}
      <p class="empty">
        ${isKnown ? 'Nobody publishes this stream. It is shown here as soon as somebody does.' : 'Loading …'}
      </p>
    </main>`;
  }
  const poster = session.hasThumbnails
    ? `api/v1/${streamPath(cluster, stream)}/thumbnail.jpg`
    : undefined;
  return html`<main id="main" class="stream-page">
    ${heading}
    <div class="halves">
      <${Card} title="Picture"><${Player} ...${{ stream, endpoints, poster }} /><//>
      <div class="stack">
        <${Card} title="Stream"><${StreamFacts} cluster=${cluster} view=${view} /><//>
        ${
          view.health &&
          html`<${Card} title="Publisher">
            <${Health} health=${view.health} conditions=${view.conditions} />
          <//>`
        }
      </div>
    </div>
    <${Ring}
      seen=${seen}
      stream=${stream}
      worker=${worker}
      workers=${workers.length > 0 ? workers : [worker]}
      onWorker=${setChosen}
    />
    <div class="halves uneven">
      <${Sessions}
        cluster=${cluster}
        stream=${stream}
        readers=${seen.ring?.readers ?? []}
        session=${session}
      />
      <${Card} title="Workers that have it" note="each below the one that it pulls from">
        <${RelayTree} cluster=${cluster} nodes=${view.tree} />
      <//>
    </div>
  </main>`;
}

/** @param {{cluster: any, view: any}} props */
function StreamFacts({ cluster, view }) {
  useClock(1_000);
  const {
    tracks,
    bitsPerSecond,
    viewers,
    viewersByProtocol,
    home,
    ingest,
    replicas,
    startedUnixMs,
    epoch,
    decision,
  } = view;
  const link = (id) => html`<a href=${workerHref(cluster, id)}>${id}</a>`;
  const list = protocolsText(viewersByProtocol);
  return html`<${Facts}
    pairs=${[
      ...tracks.map((track) => [track.kind === 'video' ? 'Video' : 'Audio', trackText(track)]),
      ['Bitrate', bitrate(bitsPerSecond)],
      ['Viewers', `${count(viewers)}${list === '' ? '' : ` (${list})`}`],
      ['Began', startedUnixMs === undefined ? '–' : ago(startedUnixMs)],
      ['Ingest', link(ingest)],
      ['Home', link(home)],
      ...(replicas.length > 0 ? [['Replicas', replicas.map((id) => html`${link(id)} `)]] : []),
      [
        'Served there because',
        decision === null ? 'not known' : `${decision.why}, ${ago(decision.unixMs)}`,
      ],
      ['Epoch', epoch],
    ]}
  />`;
}
