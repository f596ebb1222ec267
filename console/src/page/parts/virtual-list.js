// @ts-check
// Thousands of rows, of which those are there that can be seen. Arrow keys move between them.
import { html, useEffect, useLayoutEffect, useRef, useState } from '../html.js';

/** Drawn beyond what is seen, so that a fast scroll shows no gap. */
const SPARE = 6;

/**
 * Rows have one height and lie in the page itself, which scrolls.
 * @param {{items: any[], keyOf: (item: any) => string, rowHeight: number, row: (item: any, tabindex: number) => any,
 *   label: string, head?: any}} props `row` draws the cells; the first link in it takes the focus.
 */
export function VirtualList({ items, keyOf, rowHeight, row, label, head }) {
  const box = useRef(null);
  const [range, setRange] = useState({ first: 0, last: 20 });
  const [active, setActive] = useState(0);
  const wanted = useRef(-1);
  const count = items.length;

  const look = () => {
    const top = box.current?.getBoundingClientRect().top ?? 0;
    const first = Math.max(0, Math.floor(-top / rowHeight) - SPARE);
    const last = Math.min(count, Math.ceil((innerHeight - top) / rowHeight) + SPARE);
    setRange((before) =>
      before.first === first && before.last === last ? before : { first, last },
    );
  };
  useLayoutEffect(look);
  useEffect(() => {
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  });
  useEffect(() => {
    if (wanted.current < 0) return;
    box.current
      ?.querySelector(`[data-index="${wanted.current}"] a`)
      ?.focus({ preventScroll: true });
    wanted.current = -1;
  });

  const moveTo = (index) => {
    const next = Math.max(0, Math.min(count - 1, index));
    wanted.current = next;
    setActive(next);
    const top = box.current.getBoundingClientRect().top + next * rowHeight;
    const room = document.querySelector('.bar')?.getBoundingClientRect().height ?? 0;
    if (top < room) scrollBy(0, top - room);
    else if (top + rowHeight > innerHeight) scrollBy(0, top + rowHeight - innerHeight);
    look();
  };
  const onKey = (event) => {
    const page = Math.max(1, Math.floor(innerHeight / rowHeight) - 2);
    const next = {
      ...{ ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page },
      ...{ PageUp: active - page, Home: 0, End: count - 1 },
    }[event.key];
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    moveTo(next);
  };
  const current = Math.min(active, Math.max(0, count - 1));
  const shown = items.slice(range.first, range.last);
  // Somebody who tabs in comes to a row that is there.
  const entry = current >= range.first && current < range.last ? current : range.first;
  return html`<div
    class="rows"
    role="table"
    aria-label=${label}
    aria-rowcount=${count + 1}
    onKeyDown=${onKey}
  >
    ${head && html`<div role="rowgroup"><div role="row" aria-rowindex="1" class="row head">${head}</div></div>`}
    <div role="rowgroup" class="room" ref=${box} style=${{ height: `${count * rowHeight}px` }}>
      ${shown.map((item, offset) => {
        const index = range.first + offset;
        return html`<div
          key=${keyOf(item)}
          role="row"
          class="row"
          aria-rowindex=${index + 2}
          data-index=${index}
          style=${{ transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` }}
          onFocusIn=${() => setActive(index)}
        >
          ${row(item, index === entry ? 0 : -1)}
        </div>`;
      })}
    </div>
  </div>`;
}
