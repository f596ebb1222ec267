import { defineConfig } from 'vitest/config';

const ALL = ['e2e/k8s/**/*.test.ts'];
/** With kubelets: these have fixed addresses, and some measure times. */
const NODES = ['01-nodes', '02-tear-down', '10-pinned', '11-life'].map(
  (name) => `e2e/k8s/${name}.test.ts`,
);
/** Clusters of an API server each; they mostly wait. */
const API_AT_ONCE = 4;

/** `nodes`, or `api` for all others; without it any file, one at a time. */
const group = process.env['SC_E2E_GROUP'];

/** Tests on real Kubernetes clusters. */
export default defineConfig({
  test: {
    include: group === 'nodes' ? NODES : ALL,
    exclude: group === 'api' ? NODES : [],
    pool: 'forks',
    maxWorkers: group === 'api' ? API_AT_ONCE : 1,
    testTimeout: 300_000,
    hookTimeout: 600_000,
    teardownTimeout: 120_000,
  },
});
