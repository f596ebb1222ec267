import { defineConfig } from 'vitest/config';

/** With kubelets: these have fixed addresses, and some measure times. */
const NODES = ['01-nodes', '02-tear-down', '10-pinned', '11-life'].map(
  (name) => `e2e/k8s/${name}.test.ts`,
);
/** Clusters of an API server each; they mostly wait. */
const API_AT_ONCE = 4;

const isApi = process.env['SC_E2E_LEVEL'] === 'api';

/** Tests on real Kubernetes clusters: with nodes one file at a time, or all others. */
export default defineConfig({
  test: {
    include: isApi ? ['e2e/k8s/**/*.test.ts'] : NODES,
    exclude: isApi ? NODES : [],
    pool: 'forks',
    maxWorkers: isApi ? API_AT_ONCE : 1,
    testTimeout: 300_000,
    hookTimeout: 600_000,
    teardownTimeout: 120_000,
  },
});
