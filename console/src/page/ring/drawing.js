// @ts-check
// Draws the ring into an SVG element and moves it with time, between looks too.
import { angleOf, arc, gopsOf, lagTone, periodFor, pointAt } from './geometry.js';

const SVG = 'http://www.w3.org/2000/svg';
const OUTER = 158;
const BAND = 14;
const GAP = 5;
/** A reader that goes forward by more at once has jumped. */
const JUMP_MS = 700;
const TRAIL_MS = 1_600;
const LABELS = 6;
/** Of what is behind by less, the writer's mark tells. */
const AT_HEAD_MS = 700;
/** Looks come four times a second; where none comes the picture stands still. */
const MAX_AHEAD_MS = 700;
const KINDS = {
  flv: 'FLV (the store)',
  'ws-flv': 'WebSocket-FLV',
  rtmp: 'RTMP',
  relay: 'relays',
  ts: 'HLS',
};

/** @param {string} name @param {Record<string, string | number>} attributes @param {Element} [parent] */
function make(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  parent?.append(element);
  return element;
}

/** @param {Record<string, string | number>} attributes @param {Element} parent */
function text(attributes, parent) {
  return /** @type {SVGTextElement} */ (make('text', attributes, parent));
}

/** @typedef {{group: Element, dot: Element, title: Element, shownMs: number, reader: any, offset: number}} Mark */

export class RingDrawing {
  /** @param {SVGSVGElement} svg */
  constructor(svg) {
    this.layers = Object.fromEntries(
      ['tracks', 'gops', 'bound', 'trails', 'readers', 'writer', 'labels', 'middle'].map((name) => [
        name,
        make('g', { class: name }, svg),
      ]),
    );
    this.writer = make('g', {}, this.layers.writer);
    make('path', { d: `M0 ${-OUTER - 2}l-7 -13h14z`, class: 'needle' }, this.writer);
    make('line', { x1: 0, x2: 0, y1: -OUTER - 2, y2: -70, class: 'needle-line' }, this.writer);
    this.bound = make('line', { x1: 0, x2: 0, y1: -OUTER - 6, y2: -70 }, this.layers.bound);
    this.middle = [-14, 6, 24].map((y, index) =>
      text({ x: 0, y, class: index === 0 ? 'big' : '' }, this.layers.middle),
    );
    /** @type {Map<string, Mark>} */
    this.marks = new Map();
    this.periodMs = 0;
    /** @type {any} */
    this.ring = undefined;
    /** @type {{path: Element, r: number, from: number, fromMs: number}[]} */
    this.growing = [];
    /** @type {{id: string, text: SVGTextElement}[]} */
    this.labelled = [];
    this.headLabel = text({ class: 'at-head' }, this.layers.labels);
    make('tspan', {}, this.headLabel).textContent = 'writer';
    /** On a line of its own: beside the ring there is no room for a long one. */
    this.withHead = make('tspan', { dy: '1.15em' }, this.headLabel);
    this.seenAtMs = 0;
    this.isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.frameId = 0;
    this.draw = () => this.frame();
  }

  close() {
    cancelAnimationFrame(this.frameId);
  }

  /** @param {any} ring as the worker showed it just now */
  update(ring) {
    const store = ring.logs.find(({ kind }) => kind === 'flv');
    const oldestMs = store?.starts[0]?.dtsMs ?? ring.newestDtsMs;
    this.ring = ring;
    this.seenAtMs = performance.now();
    this.periodMs = periodFor(ring.newestDtsMs - oldestMs, this.periodMs);
    this.drawTracks(ring);
    this.keepMarks(ring);
    this.drawMiddle(ring, ring.newestDtsMs - oldestMs);
    cancelAnimationFrame(this.frameId);
    this.frame();
  }

  /** @param {string} kind */
  radiusOf(kind) {
    const index = Math.max(
      0,
      this.ring.logs.findIndex((log) => log.kind === kind),
    );
    return OUTER - BAND / 2 - index * (BAND + GAP);
  }

  drawTracks({ logs, newestDtsMs }) {
    this.layers.tracks.replaceChildren();
    this.layers.gops.replaceChildren();
    this.growing = [];
    for (const log of logs) {
      const r = this.radiusOf(log.kind);
      const track = make('circle', { r, class: 'track', 'stroke-width': BAND }, this.layers.tracks);
      make('title', {}, track).textContent = KINDS[log.kind] ?? log.kind;
      gopsOf(log, newestDtsMs).forEach((gop, index) =>
        this.drawGop(log, gop, log.starts[index], r),
      );
    }
  }

  drawGop(log, gop, start, r) {
    const from = angleOf(gop.fromMs, this.periodMs);
    const sweep = ((gop.toMs - gop.fromMs) / this.periodMs) * 360;
    const shade = start.sequence % 2 === 0 ? 'even' : 'odd';
    const path = make(
      'path',
      { class: `gop ${log.kind} ${shade}`, 'stroke-width': BAND },
      this.layers.gops,
    );
    path.setAttribute('d', arc(r, from + 0.7, sweep - 0.7));
    const title = `${KINDS[log.kind] ?? log.kind}: key frame at ${(gop.fromMs / 1_000).toFixed(2)} s, ${((gop.toMs - gop.fromMs) / 1_000).toFixed(2)} s long`;
    make('title', {}, path).textContent = title;
    if (gop.isNewest) this.growing.push({ path, r, from, fromMs: gop.fromMs });
    const [x1, y1] = pointAt(r + BAND / 2, from);
    const [x2, y2] = pointAt(r - BAND / 2, from);
    make('line', { x1, y1, x2, y2, class: 'key-frame' }, this.layers.gops);
  }

  keepMarks({ readers, newestDtsMs, maxLagMs }) {
    const seen = new Set(readers.map(({ id }) => id));
    for (const [id, { group }] of this.marks) {
      if (seen.has(id)) continue;
      group.remove();
      this.marks.delete(id);
    }
    readers.forEach((reader, index) => {
      const mark = this.marks.get(reader.id) ?? this.makeMark(reader, newestDtsMs, index);
      mark.reader = reader;
      const tone = reader.state === 'playing' ? lagTone(reader.lagMs, maxLagMs) : 'bad';
      mark.group.setAttribute('class', `reader ${tone} ${reader.protocol}`);
      mark.group.setAttribute('data-lag-ms', String(reader.lagMs));
      mark.group.setAttribute('data-skips', String(reader.skips));
      mark.title.textContent = `${reader.protocol} ${reader.address}: ${(reader.lagMs / 1_000).toFixed(1)} s behind, ${reader.skips} jumps`;
    });
    this.drawLabels(readers);
  }

  makeMark(reader, newestDtsMs, index) {
    const group = make('g', { 'data-reader': reader.id }, this.layers.readers);
    const dot = make('circle', { r: 4.2 }, group);
    const title = make('title', {}, group);
    // Many at one place lie beside one another, not upon.
    const offset = ((index * 0.618) % 1) * (BAND - 6) - (BAND - 6) / 2;
    const mark = { group, dot, title, shownMs: newestDtsMs - reader.lagMs, reader, offset };
    this.marks.set(reader.id, mark);
    return mark;
  }

  drawLabels(readers) {
    this.layers.labels.replaceChildren();
    this.labelled = readers
      .filter(({ lagMs }) => lagMs > AT_HEAD_MS)
      .slice(0, LABELS)
      .map(({ id }) => ({
        id,
        text: text({}, this.layers.labels),
      }));
    const isAtHead = readers.filter(({ lagMs }) => lagMs <= AT_HEAD_MS).length;
    this.layers.labels.append(this.headLabel);
    this.withHead.textContent = isAtHead > 0 ? `${isAtHead} with it` : '';
  }

  drawMiddle({ readersTotal, state, viewers }, keptMs) {
    const hls = viewers.hls ?? 0;
    const [kept, readers, more] = this.middle;
    kept.textContent = `${(keptMs / 1_000).toFixed(1)} s`;
    readers.textContent = `kept, ${state}`;
    more.textContent = `${readersTotal} cursor${readersTotal === 1 ? '' : 's'}${hls > 0 ? `, ${hls} by HLS` : ''}`;
  }

  /** One picture. */
  frame() {
    const { ring, periodMs } = this;
    if (ring === undefined) return;
    const sinceMs = this.isStill || ring.state !== 'live' ? 0 : performance.now() - this.seenAtMs;
    const writerMs = ring.newestDtsMs + Math.min(sinceMs, MAX_AHEAD_MS);
    const at = angleOf(writerMs, periodMs);
    this.writer.setAttribute('transform', `rotate(${at.toFixed(2)})`);
    this.bound.setAttribute(
      'transform',
      `rotate(${angleOf(writerMs - ring.maxLagMs, periodMs).toFixed(2)})`,
    );
    for (const { path, r, from, fromMs } of this.growing) {
      path.setAttribute('d', arc(r, from + 0.7, ((writerMs - fromMs) / periodMs) * 360 - 0.7));
    }
    for (const mark of this.marks.values()) this.moveMark(mark, writerMs);
    this.placeLabels(at);
    if (!this.isStill) this.frameId = requestAnimationFrame(this.draw);
  }

  moveMark(mark, writerMs) {
    const wantedMs = writerMs - mark.reader.lagMs;
    const wayMs = wantedMs - mark.shownMs;
    if (wayMs > JUMP_MS) this.drawTrail(mark, wantedMs);
    const isFar = Math.abs(wayMs) > JUMP_MS || this.isStill;
    mark.shownMs = isFar ? wantedMs : mark.shownMs + wayMs * 0.25;
    const [x, y] = pointAt(
      this.radiusOf(logOf(mark.reader)) + mark.offset,
      angleOf(mark.shownMs, this.periodMs),
    );
    mark.dot.setAttribute('cx', x.toFixed(2));
    mark.dot.setAttribute('cy', y.toFixed(2));
  }

  /** The way of a jump stays to be seen for a moment. */
  drawTrail({ shownMs, reader }, toMs) {
    const sweep = ((toMs - shownMs) / this.periodMs) * 360;
    const d = arc(this.radiusOf(logOf(reader)), angleOf(shownMs, this.periodMs), sweep);
    const trail = make('path', { class: 'trail', d }, this.layers.trails);
    setTimeout(() => trail.remove(), TRAIL_MS);
  }

  placeLabels(writerDegrees) {
    for (const { id, text: label } of this.labelled) {
      const mark = this.marks.get(id);
      if (mark === undefined) continue;
      place(label, angleOf(mark.shownMs, this.periodMs), OUTER + 12);
      label.textContent = `−${(mark.reader.lagMs / 1_000).toFixed(1)} s`;
    }
    place(this.headLabel, writerDegrees, OUTER + 22);
  }
}

/** The log that a reader follows has the name of its protocol. */
const logOf = ({ protocol }) => protocol;

/** @param {SVGTextElement} label @param {number} degrees @param {number} radius */
function place(label, degrees, radius) {
  const [x, y] = pointAt(radius, degrees);
  for (const line of [label, ...label.children]) line.setAttribute('x', x.toFixed(1));
  label.setAttribute('y', (y + 4).toFixed(1));
  // Of two lines, above the ring the lower one stands at its place.
  label.firstElementChild?.setAttribute('dy', y < 0 ? '-0.9em' : '0');
  const isMiddle = Math.abs(x) < 25;
  label.style.textAnchor = isMiddle ? 'middle' : x > 0 ? 'start' : 'end';
}
