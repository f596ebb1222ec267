// @ts-check
import { count, counted, size } from '../format.js';
import { html, useEffect, useRef } from '../html.js';
import { Card, Table, number } from '../parts/basics.js';
import { RingDrawing } from './drawing.js';

const KIND_NAMES = {
  flv: 'FLV',
  'ws-flv': 'WebSocket-FLV',
  rtmp: 'RTMP',
  relay: 'Relay',
  ts: 'MPEG-TS',
};

/**
 * Writer, GOPs and readers of a stream at one worker, as they move.
 * @param {{seen: {ring: any, error: string}, stream: string, worker: string, workers: string[],
 *   onWorker: (worker: string) => void}} props
 */
export function Ring({ seen, stream, worker, workers, onWorker }) {
  const { ring, error } = seen;
  const svg = useRef(null);
  const drawing = useRef(undefined);
  useEffect(() => {
    drawing.current = new RingDrawing(svg.current);
    return () => drawing.current?.close();
  }, [worker]);
  useEffect(() => {
    if (ring !== undefined) drawing.current?.update(ring);
  }, [ring]);
  const choice = html`<label
    >At
    <select value=${worker} onChange=${(event) => onWorker(event.target.value)}>
      ${workers.map((id) => html`<option value=${id}>${id}</option>`)}
    </select></label
  >`;
  return html`<${Card}
    title="Ring"
    className="ring"
    note="what the worker keeps, and who reads where"
    actions=${choice}
  >
    ${error && html`<p class="empty">${error}</p>`}
    <div class=${`ring-body ${error ? 'old' : ''}`}>
      <svg
        key=${worker}
        ref=${svg}
        viewBox="-255 -190 510 380"
        role="img"
        aria-label=${summaryOf(ring, stream, worker)}
      ></svg>
      <div class="ring-notes">
        <ul class="legend">
          <li class="writer">writer, with the newest frame</li>
          <li class="gop">a GOP; a stroke is its key frame</li>
          <li class="good">reader that keeps up</li>
          <li class="warn">reader that falls behind</li>
          <li class="bad">reader near the bound, or waiting</li>
          <li class="bound">bound: who is behind it jumps to the newest key frame</li>
        </ul>
        ${ring && html`<${Logs} logs=${ring.logs} />`}
        ${ring && ring.readersTotal > ring.readers.length && html`<p class="note">The slowest ${ring.readers.length} of ${count(ring.readersTotal)} readers are drawn.</p>`}
      </div>
    </div>
  <//>`;
}

/** @param {{logs: any[]}} props */
function Logs({ logs }) {
  const rows = logs.map(({ kind, head, tail, cursors, starts, extents, arenaBytes }) => ({
    key: kind,
    cells: [
      KIND_NAMES[kind] ?? kind,
      starts.length,
      size(head - tail),
      `${extents.length}, ${size(arenaBytes)}`,
      cursors,
    ],
  }));
  const heads = ['Log', number('GOPs'), number('Kept'), number('Extents'), number('Cursors')];
  return html`<${Table} isDense label="Logs, from the outside in" heads=${heads} rows=${rows} />`;
}

/** @param {any} ring @param {string} stream @param {string} worker */
function summaryOf(ring, stream, worker) {
  if (ring === undefined) return `Ring of ${stream} at ${worker}, not seen yet`;
  const [slowest] = ring.readers;
  const lag =
    slowest === undefined ? '' : `, the slowest ${(slowest.lagMs / 1_000).toFixed(1)} s behind`;
  const gops = ring.logs[0]?.starts.length ?? 0;
  return `Ring of ${stream} at ${worker}: ${counted(gops, 'GOP')}, ${counted(ring.readersTotal, 'reader')}${lag}`;
}
