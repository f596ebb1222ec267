// @ts-check
// Small things that every page is made of.
import { html, useEffect, useRef, useState } from '../html.js';

/** @param {{title: string, id?: string, note?: any, actions?: any, children?: any, className?: string}} props */
export function Card({ title, id, note, actions, children, className = '' }) {
  const heading = id ?? title.toLowerCase().replaceAll(/\W+/g, '-');
  return html`<section class="card ${className}" aria-labelledby=${heading}>
    <header>
      <h2 id=${heading}>${title}</h2>
      ${note && html`<p class="note">${note}</p>`}
      ${actions && html`<div class="actions">${actions}</div>`}
    </header>
    ${children}
  </section>`;
}

/** A figure with its name. @param {{name: string, value: any, note?: any, children?: any}} props */
export function Figure({ name, value, note, children }) {
  return html`<div class="figure">
    <dt>${name}</dt>
    <dd>
      <strong>${value}</strong>
      ${note && html`<span class="note">${note}</span>`} ${children}
    </dd>
  </div>`;
}

const TONES = {
  ...{ live: 'good', ready: 'good', Ready: 'good', True: 'good', playing: 'good', Done: 'good' },
  ...{
    waiting: 'warn',
    starting: 'warn',
    draining: 'warn',
    silent: 'bad',
    late: 'warn',
    False: 'warn',
  },
  ...{ exited: 'bad', lost: 'bad', Failed: 'bad', Degraded: 'bad', Warning: 'warn', closed: 'bad' },
};

/** A state: a word, and a mark that needs no colour to be seen. @param {{state: string, tone?: string}} props */
export function State({ state, tone = TONES[state] ?? 'plain' }) {
  return html`<span class="state ${tone}">${state}</span>`;
}

/** Pairs of names and values. @param {{pairs: [string, any][]}} props */
export function Facts({ pairs }) {
  return html`<dl class="facts">
    ${pairs.map(
      ([name, value]) =>
        html`<div key=${name}>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/**
 * A table; on a narrow page each row is a card, with the heads as labels.
 * @param {{heads: (string | {text: string, isNumber: boolean})[], rows: {key: string, cells: any[]}[],
 *   label: string, empty?: any, isDense?: boolean}} props `isDense`: cells are short, two fit beside one another
 */
export function Table({ heads, rows, label, empty, isDense = false }) {
  if (rows.length === 0 && empty !== undefined) return html`<p class="empty">${empty}</p>`;
  const columns = heads.map((head) =>
    typeof head === 'string' ? { text: head, isNumber: false } : head,
  );
  return html`<div class=${isDense ? 'table dense' : 'table'} tabindex="-1">
    <table aria-label=${label}>
      <thead>
        <tr>
          ${columns.map(({ text, isNumber }) =>
            text === ''
              ? html`<td></td>`
              : html`<th scope="col" class=${isNumber ? 'number' : ''}>${text}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ key, cells }) =>
            html`<tr key=${key}>
              ${cells.map((cell, index) => {
                const { text = '', isNumber = false } = columns[index] ?? {};
                return html`<td class=${isNumber ? 'number' : ''} data-head=${text}>
                  <span>${cell}</span>
                </td>`;
              })}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** @param {string} text */
export const number = (text) => ({ text, isNumber: true });

/**
 * Asks before something is done, and says what happens to whom.
 * @param {{title: string, children: any, confirm: string, isDanger?: boolean, onConfirm: () => Promise<void>,
 *   onClose: () => void}} props
 */
export function Confirmation({ title, children, confirm, isDanger = false, onConfirm, onClose }) {
  const dialog = useRef(null);
  const [error, setError] = useState('');
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => opener instanceof HTMLElement && opener.isConnected && opener.focus();
  }, []);
  const act = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError('');
    try {
      await onConfirm();
      onClose();
    } catch (reason) {
      setError(reason.message);
      setBusy(false);
    }
  };
  return html`<dialog ref=${dialog} aria-labelledby="dialog-title" onClose=${onClose}>
    <form method="dialog" onSubmit=${act}>
      <h2 id="dialog-title">${title}</h2>
      ${children} ${error && html`<p class="error" role="alert">${error}</p>`}
      <div class="buttons">
        <button type="button" onClick=${onClose}>Cancel</button>
        <button type="submit" class=${isDanger ? 'danger' : 'primary'} disabled=${isBusy}>
          ${confirm}
        </button>
      </div>
    </form>
  </dialog>`;
}

/**
 * A button that opens something; without the right to it, it says why.
 * @param {{label: string, why: string, onClick: () => void, isDanger?: boolean}} props
 */
export function Action({ label, why, onClick, isDanger = false }) {
  const isOff = why !== '';
  return html`<button
    type="button"
    class=${isDanger ? 'danger' : ''}
    aria-disabled=${isOff}
    title=${why}
    onClick=${() => !isOff && onClick()}
  >
    ${label}${isOff && html`<span class="why">${why}</span>`}
  </button>`;
}

/** Draws itself again from time to time, for ages. @param {number} periodMs */
export function useClock(periodMs) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), periodMs);
    return () => clearInterval(timer);
  }, [periodMs]);
  return now;
}

/** @param {string} query */
export function useMedia(query) {
  const [isMatch, setMatch] = useState(matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const listener = () => setMatch(list.matches);
    listener();
    list.addEventListener('change', listener);
    return () => list.removeEventListener('change', listener);
  }, [query]);
  return isMatch;
}
