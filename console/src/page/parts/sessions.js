// @ts-check
// Who publishes and watches a stream. An admin can end that.
import { get, send, streamPath } from '../api.js';
import { count, duration, size } from '../format.js';
import { html, useEffect, useState } from '../html.js';
import { workerHref } from '../routes.js';
import { Card, Confirmation, Table, number } from './basics.js';

const PERIOD_MS = 2_000;
const MAX_SHOWN = 200;
const BANS = [
  [0, 'no: it may come back at once'],
  [60, 'for a minute'],
  [600, 'for ten minutes'],
  [86_400, 'for a day'],
];

/** @param {any} cluster @param {string} stream */
function useSessions(cluster, stream) {
  const [state, setState] = useState({ items: [], total: 0, error: '' });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isOver = false;
    let timer = 0;
    const look = async () => {
      try {
        if (!document.hidden) {
          const page = await get(`${streamPath(cluster, stream)}/sessions?limit=${MAX_SHOWN}`);
          if (!isOver) setState({ ...page, error: '' });
        }
      } catch (error) {
        if (!isOver) setState({ items: [], total: 0, error: error.message });
      }
      if (!isOver) timer = window.setTimeout(look, PERIOD_MS);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [cluster.namespace, cluster.name, stream, round]);
  return { ...state, again: () => setRound((number) => number + 1) };
}

/** @param {{cluster: any, stream: string, readers: any[], session: any}} props `readers` of the ring that is drawn */
export function Sessions({ cluster, stream, readers, session }) {
  const { items, total, error, again } = useSessions(cluster, stream);
  const [kicked, setKicked] = useState(undefined);
  const lags = new Map(readers.map((reader) => [reader.id, reader]));
  const mayKick = session.role === 'admin';
  const heads = [
    ...[
      'Who',
      'Does',
      'Player',
      'Worker',
      number('Since'),
      number('Bytes'),
      number('Behind'),
      number('Jumps'),
    ],
    ...(mayKick ? [''] : []),
  ];
  const rows = items.map((one) => ({
    key: one.id,
    cells: [
      html`<code>${one.address}</code
        >${one.subject && html` <span class="note">${one.subject}</span>`}`,
      `${one.action === 'publish' ? 'publishes' : 'plays'} ${one.protocol}${one.isEncrypted ? ', encrypted' : ''}`,
      html`<span class="agent" title=${one.userAgent}>${one.userAgent || '–'}</span>`,
      one.workers.map((id) => html`<a href=${workerHref(cluster, id)}>${id}</a> `),
      duration(Date.now() - one.startedUnixMs),
      `${one.areBytesEstimated ? 'about ' : ''}${size(one.bytes)}`,
      lagText(lags.get(one.id)),
      count(Math.max(one.skips, lags.get(one.id)?.skips ?? 0)),
      ...(mayKick
        ? [
            html`<button
              type="button"
              class="danger small"
              aria-label=${`Cut off ${one.address}`}
              onClick=${() => setKicked(one)}
            >
              Cut off
            </button>`,
          ]
        : []),
    ],
  }));
  const note = total > items.length ? `the first ${items.length} of ${count(total)}` : count(total);
  return html`<${Card} title="Sessions" note=${note}>
    ${error ? html`<p class="empty">${error}</p>` : html`<${Table} label="Sessions" isDense heads=${heads} rows=${rows} empty="Nobody publishes or watches." />`}
    ${kicked && html`<${Kick} ...${{ cluster, stream, one: kicked, onClose: () => setKicked(undefined), onDone: again }} />`}
  <//>`;
}

/** @param {any} reader */
function lagText(reader) {
  if (reader === undefined) return '–';
  return reader.state === 'playing' ? `${(reader.lagMs / 1_000).toFixed(1)} s` : reader.state;
}

/** To whom. @param {any} one @param {string} stream */
function whatHappens({ address, userAgent, action, protocol }, stream) {
  const who = userAgent === '' ? address : `${address} (${userAgent})`;
  const does = action === 'publish' ? 'publishes' : 'watches';
  const rest =
    action === 'publish'
      ? ' Everybody who watches sees the stream end, unless the publisher comes back in time.'
      : '';
  return `${who} ${does} ${stream} by ${protocol}. The connection is closed now.${rest}`;
}

/** @param {{cluster: any, stream: string, one: any, onClose: () => void, onDone: () => void}} props */
function Kick({ cluster, stream, one, onClose, onDone }) {
  const [ban, setBan] = useState('0');
  const isPublisher = one.action === 'publish';
  const kick = async () => {
    const path = `${streamPath(cluster, stream)}/sessions/${encodeURIComponent(one.id)}`;
    await send('DELETE', `${path}?banSeconds=${ban}`);
    onDone();
  };
  return html`<${Confirmation}
    title=${isPublisher ? 'Cut off the publisher?' : 'Cut off this viewer?'}
    confirm="Cut off"
    isDanger
    onConfirm=${kick}
    onClose=${onClose}
  >
    <p>${whatHappens(one, stream)}</p>
    <label
      >Refuse the same address and player
      <select value=${ban} onChange=${(event) => setBan(event.target.value)}>
        ${BANS.map(([seconds, text]) => html`<option value=${seconds}>${text}</option>`)}
      </select>
    </label>
  <//>`;
}
