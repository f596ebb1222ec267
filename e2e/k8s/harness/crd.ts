import path from 'node:path';
import type { TestCluster } from '../../cluster/mod.ts';
import { eventually } from '../../src/harness/eventually.ts';
import { ROOT } from '../../src/harness/paths.ts';

export const CRD_FILE = path.join(ROOT, 'manifests/crd/streamclusters.streamcluster.dev.yaml');

const PATIENCE_MS = 60_000;

/** Resolves once the API server serves StreamClusters. */
export async function installCrd(cluster: TestCluster, file = CRD_FILE): Promise<void> {
  await cluster.kubectl('apply', '--server-side', '-f', file);
  // kubectl takes a CRD that has no condition yet for a fault.
  await eventually('StreamClusters are served', PATIENCE_MS, () =>
    cluster.kubectl('wait', '--for=condition=Established', '--timeout=30s', '-f', file),
  );
}
