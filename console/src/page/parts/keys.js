// @ts-check
import { html, useEffect, useRef } from '../html.js';

const KEYS = [
  ['/', 'Search streams'],
  ['↑ ↓ Page Home End', 'Move in the list of streams'],
  ['Enter', 'Open what has the focus'],
  ['o', 'Overview'],
  ['c', 'StreamCluster'],
  ['t', 'Light, dark or as the system'],
  ['?', 'This list'],
  ['Esc', 'Close a dialog'],
];

/** Keys that work everywhere but where somebody types. @param {{onHelp: () => void}} props */
export function useKeys({ onHelp }) {
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    const onKey = (event) => {
      const { target } = event;
      const isTyping =
        target instanceof Element && target.closest('input, select, textarea, dialog, video');
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      const links = document.querySelectorAll('.bar nav a');
      const act = {
        '/': () => document.getElementById('search')?.focus(),
        '?': onHelp,
        t: () =>
          /** @type {HTMLElement} */ (
            document.querySelector('.tools button[title*="(t)"]')
          )?.click(),
        o: () => /** @type {HTMLElement} */ (links[0])?.click(),
        c: () => /** @type {HTMLElement} */ (links[1])?.click(),
      }[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
}

/** @param {{onClose: () => void}} props */
export function Help({ onClose }) {
  const dialog = useRef(null);
  useEffect(() => dialog.current?.showModal(), []);
  return html`<dialog ref=${dialog} aria-labelledby="keys-title" onClose=${onClose}>
    <form method="dialog">
      <h2 id="keys-title">Keys</h2>
      <dl class="facts">
        ${KEYS.map(
          ([key, text]) =>
            html`<div>
              <dt><kbd>${key}</kbd></dt>
              <dd>${text}</dd>
            </div>`,
        )}
      </dl>
      <div class="buttons"><button type="submit">Close</button></div>
    </form>
  </dialog>`;
}
