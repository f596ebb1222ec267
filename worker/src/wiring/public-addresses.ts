import type { PublicAddresses } from '../cluster/load-report.ts';
import type { WorkerOptions } from '../options.ts';
import type { MediaPortsOptions, OpenPorts } from './media-ports.ts';

type Given = Pick<WorkerOptions, 'publicHttp' | 'publicHttps'>;

/** Port 0 stands for a further port of this worker's own. */
const DRAWN = /:0$/;

/** Which ports of its own a worker opens. */
export function ownPorts(given: Given): Pick<MediaPortsOptions, 'hasOwnHttp' | 'hasOwnHttps'> {
  const { publicHttp = '', publicHttps = '' } = given;
  return { hasOwnHttp: DRAWN.test(publicHttp), hasOwnHttps: DRAWN.test(publicHttps) };
}

/** Where viewers reach this very worker, once its ports are open. */
export function publicAddresses(given: Given, ports: OpenPorts | undefined): PublicAddresses {
  return {
    http: addressOf(given.publicHttp, ports?.ownHttpPort),
    https: addressOf(given.publicHttps, ports?.ownHttpsPort),
  };
}

function addressOf(given = '', port: number | undefined): string {
  if (!DRAWN.test(given)) return given;
  return port === undefined ? '' : given.replace(DRAWN, `:${port}`);
}
