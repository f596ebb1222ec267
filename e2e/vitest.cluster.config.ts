import { defineConfig } from 'vitest/config';

/** With kubelets: these have fixed addresses, so a file at a time. */
const NODES = ['01-nodes', '02-tear-down', '10-pinned', '11-life'].map(
  (name) => `e2e/k8s/${name}.test.ts`,
);
const ALL = 'e2e/k8s/**/*.test.ts';
/** Clusters of an API server each; they mostly wait. */
const API_AT_ONCE = 2;

/** Tests on real Kubernetes clusters: `nodes`, `api`, or one after the other all. */
const group = process.env['SC_E2E_GROUP'];

export default defineConfig({
  test: {
    include: group === 'nodes' ? NODES : [ALL],
    exclude: group === 'api' ? NODES : [],
    pool: 'forks',
    fileParallelism: group === 'api',
    ...(group === 'api' && { maxWorkers: API_AT_ONCE }),
    passWithNoTests: group === 'nodes',
    testTimeout: 300_000,
    hookTimeout: 600_000,
    teardownTimeout: 120_000,
  },
});
