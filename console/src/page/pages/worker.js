// @ts-check
import { clusterPath, get, send } from '../api.js';
import { ago, bitrate, count, counted, percent, protocolsText, size } from '../format.js';
import { html, useEffect, useRef, useState } from '../html.js';
import { useTopic } from '../live.js';
import { hrefOf, streamHref } from '../routes.js';
import {
  Action,
  Card,
  Confirmation,
  Facts,
  State,
  Table,
  number,
  useClock,
} from '../parts/basics.js';
import { LoopGraph, PARTS } from '../parts/loop-graph.js';

const PERIOD_MS = 1_000;
const KEPT = 120;
const MAX_STREAMS = 50;

/** Counters of the loop, and their differences by second. @param {any} cluster @param {string} worker */
function useTotals(cluster, worker) {
  const [seen, setSeen] = useState({ samples: [], totals: undefined, error: '' });
  const before = useRef(undefined);
  useEffect(() => {
    let isOver = false;
    let timer = 0;
    const path = `${clusterPath(cluster)}/workers/${encodeURIComponent(worker)}/totals`;
    const look = async () => {
      try {
        if (!document.hidden) {
          const totals = await get(path);
          const sample = sampleOf(before.current, totals);
          before.current = totals;
          const more = sample === undefined ? [] : [sample];
          if (!isOver)
            setSeen(({ samples }) => ({
              totals,
              error: '',
              samples: [...samples, ...more].slice(-KEPT),
            }));
        }
      } catch (error) {
        if (!isOver) setSeen((was) => ({ ...was, error: error.message }));
      }
      if (!isOver) timer = window.setTimeout(look, PERIOD_MS);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [cluster.namespace, cluster.name, worker]);
  return seen;
}

/** Shares of a CPU. @param {any} before @param {any} now */
function sampleOf(before, now) {
  const wallMs = now.unixMs - (before?.unixMs ?? now.unixMs);
  // Another process of the same name counts from 0 again.
  if (before === undefined || wallMs <= 0 || now.activeMs < before.activeMs) return undefined;
  return Object.fromEntries(
    PARTS.map(([part = '']) => [
      part,
      Math.max(0, (now.parts[part] - before.parts[part]) / wallMs),
    ]),
  );
}

/** @param {{cluster: any, worker: string, session: any}} props */
export function WorkerPage({ cluster, worker, session }) {
  const key = `${cluster.namespace}/${cluster.name}`;
  const { items, isKnown } = useTopic(`workers:${key}`);
  const streams = useTopic(`streams:${key}`).items;
  const spec = useTopic(`cluster:${key}`).items.get('cluster')?.spec;
  const { samples, totals, error } = useTotals(cluster, worker);
  const [isAsked, setAsked] = useState(false);
  const view = items.get(worker);
  const heading = html`<h1>
    <span class="crumbs"><a href=${hrefOf(cluster, 'overview')}>Workers</a> / </span>${worker}
    ${view && html`<${State} state=${view.state} />`}
  </h1>`;
  if (view === undefined) {
    return html`<main id="main" class="alone">
      ${heading}
      <p class="empty">${isKnown ? 'There is no such worker.' : 'Loading …'}</p>
    </main>`;
  }
  const isDrained = view.drainAsked !== '';
  return html`<main id="main" class="worker-page">
    <div class="heading">
      ${heading}
      <${Action}
        label=${isDrained ? 'Take the drain back' : 'Drain'}
        why=${hindrance(session, view)}
        isDanger=${!isDrained}
        onClick=${() => setAsked(true)}
      />
    </div>
    ${
      view.state === 'silent' &&
      html`<p class="warning" role="status">
        No reports come from it: what stands under “Worker” is the last that was heard.
      </p>`
    }
    <div class="halves">
      <${Card}
        title="Loop"
        note=${totals && `sends every ${totals.ticks.sendMs} ms, reads ${totals.ticks.readMs === 0 ? 'at once' : `every ${totals.ticks.readMs} ms`}`}
      >
        ${error && html`<p class="empty">${error}</p>`}<${LoopGraph} samples=${samples} />
      <//>
      <${Card} title="Worker"><${WorkerFacts} cluster=${cluster} view=${view} /><//>
    </div>
    <div class="halves">
      <${Card} title="CPUs"><${Cpus} view=${view} /><//>
      <${Card} title="Arena" note="the memory that streams are kept in">
        ${totals && html`<${Arena} arena=${totals.arena} />`}
      <//>
    </div>
    <${Card} title="Streams here" note="of which it is ingest worker or home">
      <${Streams}
        cluster=${cluster}
        streams=${[...streams.values()].filter(({ home, ingest }) => home === worker || ingest === worker)}
        worker=${worker}
      />
    <//>
    ${isAsked && html`<${Drain} ...${{ cluster, view, isDrained, spec, onClose: () => setAsked(false) }} />`}
  </main>`;
}

/** @param {any} session @param {any} view */
function hindrance(session, view) {
  if (session.role !== 'admin') return 'You may only read here';
  if (view.state === 'exited' || view.state === 'lost') return 'It has ended';
  if (view.drainAsked === 'NodeCordon') return 'Its node is cordoned';
  return '';
}

/** @param {{cluster: any, view: any}} props */
function WorkerFacts({ cluster, view }) {
  useClock(1_000);
  const list = protocolsText(view.viewersByProtocol);
  return html`<${Facts}
    pairs=${[
      ['Busy', percent(view.loopUtilization)],
      ['Load over mean', `${view.loadOverMean.toFixed(2)} ×`],
      ['Ticks late by', `${view.tickLagMs.toFixed(1)} ms (p99)`],
      [
        'Streams',
        `${count(view.streams)}, ${counted(view.publishers, 'publisher')} connected here`,
      ],
      ['Viewers', `${count(view.viewers)}${list === '' ? '' : ` (${list})`}`],
      ['Pulled by others', counted(view.relaysOut, 'relay')],
      [
        'Received, sent',
        `${bitrate(view.bytesInPerSecond * 8)}, ${bitrate(view.bytesOutPerSecond * 8)}`,
      ],
      [
        'Newcomers',
        { Yes: 'are let in', Steered: 'are kept away for balance', No: 'are not let in' }[
          view.accepting
        ] + (view.isAdmitting ? '' : '; it is full'),
      ],
      ['Memory', `${size(view.rssBytes)} of the process`],
      ['Began', `${ago(view.startedUnixMs)}, process ${view.pid}`],
      ...(view.node === '' ? [] : [['Node', view.node]]),
      ...(view.drainAsked === '' ? [] : [['Drains', `because of ${view.drainAsked}`]]),
      ...(view.isOutdated ? [['Spec', 'older than the StreamCluster’s']] : []),
    ]}
  />`;
}

const ALIGNMENTS = {
  aligned: ['CPUs and memory are of one NUMA node', 'good'],
  astray: ['CPUs and memory are of different NUMA nodes', 'warn'],
  unknown: ['the machine does not show its NUMA nodes', 'plain'],
};

/** @param {{view: any}} props */
function Cpus({ view }) {
  const { allowedCpus, cpus, loopCpu, numaNode, numaAlignment, memoryNodes } = view;
  const [text, tone] = ALIGNMENTS[numaAlignment] ?? ALIGNMENTS.unknown;
  const pinned = new Set(cpus);
  return html`<ul class="cpus" aria-label="CPUs that it may run on">
      ${allowedCpus.map((cpu) => {
        const role = cpu === loopCpu ? 'loop' : pinned.has(cpu) ? 'pinned' : 'allowed';
        return html`<li class=${role} key=${cpu}>
          <b>${cpu}</b><span>${role === 'loop' ? 'the loop' : role}</span>
        </li>`;
      })}
    </ul>
    <p><${State} state=${text} tone=${tone} /></p>
    <${Facts}
      pairs=${[
        ['NUMA node', numaNode < 0 ? 'not known' : numaNode],
        ['Memory of nodes', memoryNodes.join(', ') || 'not known'],
        ['Loop', loopCpu < 0 ? 'has no CPU to itself' : `pinned to CPU ${loopCpu}`],
      ]}
    />`;
}

/** @param {{arena: any}} props */
function Arena({ arena }) {
  const { inUseBytes, recycledBytes, capBytes } = arena;
  const share = (bytes) => `${Math.min(100, (bytes / capBytes) * 100).toFixed(2)}%`;
  return html`<div
      class="arena"
      role="img"
      aria-label=${`${size(inUseBytes)} of ${size(capBytes)} in use`}
    >
      <i class="used" style=${{ width: share(inUseBytes) }}></i
      ><i class="recycled" style=${{ width: share(recycledBytes) }}></i>
    </div>
    <${Facts}
      pairs=${[
        ['In use', `${size(inUseBytes)}, ${percent(inUseBytes / capBytes)}`],
        ['Free, pages kept', size(recycledBytes)],
        ['Bound', size(capBytes)],
      ]}
    />`;
}

/** @param {{cluster: any, streams: any[], worker: string}} props */
function Streams({ cluster, streams, worker }) {
  const shown = streams.sort((a, b) => b.viewers - a.viewers).slice(0, MAX_STREAMS);
  const rows = shown.map(({ name, state, home, ingest, bitsPerSecond, viewers }) => ({
    key: name,
    cells: [
      html`<a href=${streamHref(cluster, name)}>${name}</a>`,
      html`<${State} state=${state} />`,
      [ingest === worker && 'ingest', home === worker && 'home'].filter(Boolean).join(' and '),
      bitrate(bitsPerSecond),
      count(viewers),
    ],
  }));
  const heads = ['Stream', 'State', 'Part', number('Bitrate'), number('Viewers')];
  return html`<${Table} label="Streams" heads=${heads} rows=${rows} empty="None." />
    ${streams.length > shown.length && html`<p class="note">${count(streams.length - shown.length)} more with fewer viewers.</p>`}`;
}

/** @param {{cluster: any, view: any, isDrained: boolean, spec: any, onClose: () => void}} props */
function Drain({ cluster, view, isDrained, spec, onClose }) {
  const path = `${clusterPath(cluster)}/workers/${encodeURIComponent(view.id)}/drain`;
  const act = () => send(isDrained ? 'DELETE' : 'PUT', path);
  const { publisherGraceSeconds, deadlineSeconds } = spec?.drain ?? {};
  if (isDrained) {
    return html`<${Confirmation}
      title=${`Take back the drain of ${view.id}?`}
      confirm="Take it back"
      onConfirm=${act}
      onClose=${onClose}
    >
      <p>It takes newcomers again. Who has left does not come back by itself.</p>
    <//>`;
  }
  return html`<${Confirmation}
    title=${`Drain ${view.id}?`}
    confirm="Drain"
    isDanger
    onConfirm=${act}
    onClose=${onClose}
  >
    <p>
      <b>${counted(view.publishers, 'publisher')}</b> and${' '}
      <b>${counted(view.viewers, 'viewer')}</b> are connected to it.
    </p>
    <ul>
      <li>Nobody new comes to it from now on; streams that it serves move to other workers.</li>
      <li>
        Its publishers are asked to connect again after ${publisherGraceSeconds} s; its viewers stay
        until then or leave by themselves.
      </li>
      <li>
        It ends when it is empty, after ${deadlineSeconds} s at the latest. Another worker takes its
        place.
      </li>
    </ul>
  <//>`;
}
