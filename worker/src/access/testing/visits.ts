import { parseStreamKey } from '../../media/stream-name.ts';
import type { Visit } from '../visit.ts';

/** A viewer of `live/news` by FLV, unless told otherwise. */
export function visit({
  stream = 'live/news',
  ...facts
}: Partial<Visit> & { readonly stream?: string } = {}): Visit {
  return {
    ...{ action: 'play', protocol: 'flv', address: '192.0.2.7', isEncrypted: false },
    ...{ query: '', authorization: '', cookie: '', userAgent: 'test/1', traceParent: '' },
    name: parseStreamKey(stream)!,
    ...facts,
  };
}
