import { eventually } from '../harness/eventually.ts';
import { holderOfConnection } from '../harness/procfs.ts';
import type { TestCluster } from '../harness/cluster.ts';
import { FlvViewer } from './flv.ts';

const FIND_MS = 60_000;

/** An FLV viewer who is served by a given worker: opens connections until the kernel
 * agrees, and until the stream is there. */
export function viewerOn(
  cluster: TestCluster,
  stream: string,
  workerPid: number,
): Promise<FlvViewer> {
  return eventually(`a viewer on worker process ${workerPid}`, FIND_MS, async () => {
    const viewer = await new FlvViewer({
      port: cluster.httpPort,
      path: `/${stream}.flv`,
    }).answered();
    const pids = cluster.workerPids();
    const holder = holderOfConnection(cluster.httpPort, viewer.localPort, pids);
    if (viewer.status === 200 && holder === workerPid) return viewer;
    viewer.close();
    return undefined;
  });
}
