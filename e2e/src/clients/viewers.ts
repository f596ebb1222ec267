import { eventually } from '../harness/eventually.ts';
import { holderOfConnection } from '../harness/procfs.ts';
import type { TestCluster } from '../harness/cluster.ts';
import { FlvViewer } from './flv.ts';

const FIND_MS = 60_000;

/** An FLV viewer on a given worker: opens connections until the kernel agrees. */
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
    if (holderOfConnection(cluster.httpPort, viewer.localPort, pids) === workerPid) return viewer;
    viewer.close();
    return undefined;
  });
}
