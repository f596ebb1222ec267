// @ts-check
import { streamPath } from '../api.js';
import { html, useEffect, useState } from '../html.js';
import { useClock } from './basics.js';

const PERIOD_MS = 10_000;

/**
 * The newest key frame of a stream, or a placeholder where there is none.
 * @param {{cluster: {namespace: string, name: string}, stream: string, isOn: boolean}} props
 */
export function Thumbnail({ cluster, stream, isOn }) {
  const now = useClock(PERIOD_MS);
  const [isThere, setThere] = useState(true);
  useEffect(() => setThere(true), [stream, now]);
  const at = Math.floor(now / PERIOD_MS);
  return html`<span class="thumbnail">
    ${
      isOn &&
      isThere &&
      html`<img
        alt=""
        loading="lazy"
        src=${`api/v1/${streamPath(cluster, stream)}/thumbnail.jpg?at=${at}`}
        onError=${() => setThere(false)}
      />`
    }
  </span>`;
}
