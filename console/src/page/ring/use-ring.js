// @ts-check
import { get, streamPath } from '../api.js';
import { useEffect, useState } from '../html.js';

const PERIOD_MS = 250;
const RETRY_MS = 1_500;

/**
 * Looks at a stream's ring at a worker, four times a second while somebody sees it.
 * @param {{namespace: string, name: string}} cluster @param {string} stream @param {string} worker
 */
export function useRing(cluster, stream, worker) {
  const [seen, setSeen] = useState({ ring: undefined, error: '' });
  useEffect(() => {
    let isOver = false;
    let timer = 0;
    const look = async () => {
      let delayMs = PERIOD_MS;
      try {
        if (!document.hidden && worker !== '') {
          const path = `${streamPath(cluster, stream)}/ring?worker=${encodeURIComponent(worker)}`;
          const ring = await get(path);
          if (!isOver) setSeen({ ring, error: '' });
        }
      } catch (error) {
        delayMs = RETRY_MS;
        if (!isOver) setSeen({ ring: undefined, error: error.message });
      }
      if (!isOver) timer = window.setTimeout(look, delayMs);
    };
    setSeen({ ring: undefined, error: '' });
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [cluster.namespace, cluster.name, stream, worker]);
  return seen;
}
