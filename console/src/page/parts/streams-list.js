// @ts-check
// The streams of a cluster: searched, sorted, thousands of them.
import { bitrate, count, counted } from '../format.js';
import { html, useMemo, useState } from '../html.js';
import { streamHref } from '../routes.js';
import { Card, State, useMedia } from './basics.js';
import { Thumbnail } from './thumbnail.js';
import { VirtualList } from './virtual-list.js';

const ROW_PX = 58;
const CARD_PX = 92;
const collator = new Intl.Collator('en', { numeric: true });
const SORTS = {
  name: { text: 'Name', compare: undefined },
  viewers: { text: 'Viewers', compare: (a, b) => b.viewers - a.viewers },
  bitrate: { text: 'Bitrate', compare: (a, b) => b.bitsPerSecond - a.bitsPerSecond },
  warnings: { text: 'Warnings', compare: (a, b) => countOf(b) - countOf(a) },
  newest: { text: 'Newest', compare: (a, b) => (b.startedUnixMs ?? 0) - (a.startedUnixMs ?? 0) },
};

/** Of what is wrong with how it is sent: reasons with a space between. @param {{warnings: string}} row */
const warningsOf = ({ warnings }) => (warnings === '' ? [] : warnings.split(' '));
const countOf = (row) => warningsOf(row).length;

/**
 * @param {{cluster: any, items: Map<string, any>, keysVersion: number, isKnown: boolean, session: any, publish: string}} props
 * `keysVersion` changes when streams come or go
 */
export function StreamsList({ cluster, items, keysVersion, isKnown, session, publish }) {
  const [search, setSearch] = useState('');
  const [sort, setSort] = useState('name');
  const isNarrow = useMedia('(max-width: 760px)');
  // Sorting thousands of names takes longer than everything else here.
  const byName = useMemo(() => [...items.keys()].sort(collator.compare), [keysVersion]);
  const shown = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = byName.map((name) => items.get(name)).filter((row) => row !== undefined);
    const some = words.length === 0 ? rows : rows.filter((row) => hasWords(row, words));
    const { compare } = SORTS[sort];
    return compare === undefined ? some : some.sort(compare);
  }, [items, byName, search, sort]);
  const tools = html`<label class="search">
      <span class="hidden">Search streams</span>
      <input
        type="search"
        id="search"
        placeholder="Search streams"
        value=${search}
        onInput=${(event) => setSearch(event.target.value)}
      />
    </label>
    <label class="sort">
      <span class="hidden">Sort by</span>
      <select value=${sort} onChange=${(event) => setSort(event.target.value)}>
        ${Object.entries(SORTS).map(([key, { text }]) => html`<option value=${key}>${text}</option>`)}
      </select>
    </label>`;
  const ill = shown.filter((row) => row.warnings !== '').length;
  const note =
    (shown.length === items.size ? '' : `${count(shown.length)} of `) +
    counted(items.size, 'stream') +
    (ill === 0 ? '' : `, ${count(ill)} with warnings`);
  return html`<${Card} title="Streams" className="streams" note=${note} actions=${tools}>
    ${
      isKnown &&
      items.size === 0 &&
      html`<p class="empty">
        Nobody publishes. Send something with OBS or ffmpeg to <code>${publish}</code>, or run
        <code>make demo</code>.
      </p>`
    }
    ${items.size > 0 && shown.length === 0 && html`<p class="empty">No stream has these words.</p>`}
    ${
      shown.length > 0 &&
      html`<${VirtualList}
        label="Streams"
        items=${shown}
        keyOf=${({ name }) => name}
        rowHeight=${isNarrow ? CARD_PX : ROW_PX}
        head=${isNarrow ? undefined : HEAD}
        row=${(row, tabindex) => html`<${Row} key=${row.name} ...${{ cluster, row, tabindex, session }} />`}
      />`
    }
  <//>`;
}

/** @param {any} row @param {string[]} words */
function hasWords({ name, state, home, ingest, video, warnings }, words) {
  const text = `${name} ${state} ${home} ${ingest} ${video} ${warnings}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

const COLUMNS = ['', 'Stream', 'State', 'Media', 'Bitrate', 'Viewers', 'Home', 'Ingest'];
const NUMBERS = new Set(['Bitrate', 'Viewers']);
const HEAD = COLUMNS.map(
  (text) =>
    html`<span role="columnheader" class=${NUMBERS.has(text) ? 'number' : ''}>
      ${text || html`<span class="hidden">Picture</span>`}
    </span>`,
);

/** @param {{cluster: any, row: any, tabindex: number, session: any}} props */
function Row({ cluster, row, tabindex, session }) {
  const { name, state, video, audio, bitsPerSecond, viewers, home, ingest, replicas } = row;
  const warnings = warningsOf(row);
  return html`<span role="cell" class="picture">
      <${Thumbnail}
        cluster=${cluster}
        stream=${name}
        isOn=${session.hasThumbnails && video !== ''}
      />
    </span>
    <span role="cell" class="name">
      <a href=${streamHref(cluster, name)} tabindex=${tabindex}>${name}</a>
    </span>
    <span role="cell" class="is">
      ${
        warnings.length > 0
          ? html`<span title=${warnings.join(', ')}>
              <${State} state=${counted(warnings.length, 'warning')} tone="warn" />
            </span>`
          : html`<${State} state=${state} />`
      }
    </span>
    <span role="cell" class="media">${[video, audio].filter(Boolean).join(', ') || '–'}</span>
    <span role="cell" class="bitrate number">${bitrate(bitsPerSecond)}</span>
    <span role="cell" class="viewers number"
      >${count(viewers)}<i class="unit"> ${viewers === 1 ? 'viewer' : 'viewers'}</i></span
    >
    <span role="cell" class="home"
      >${home}${replicas > 0 && html`<span class="note"> +${replicas}</span>`}</span
    >
    <span role="cell" class="ingest">${ingest}</span>`;
}
