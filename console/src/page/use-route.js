// @ts-check
import { useEffect, useState } from './html.js';
import { routeOf } from './routes.js';

/** Where the page is now. */
export function useRoute() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const listener = () => setHash(location.hash);
    addEventListener('hashchange', listener);
    return () => removeEventListener('hashchange', listener);
  }, []);
  return routeOf(hash);
}
