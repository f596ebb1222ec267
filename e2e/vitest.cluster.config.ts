import { defineConfig } from 'vitest/config';

const ALL = ['e2e/k8s/**/*.test.ts'];
/** With kubelets, which have fixed addresses, or what the operator costs is measured. */
const ALONE = ['01-nodes', '02-tear-down', '10-pinned', '11-life', '12-access', 'scale'].map(
  (name) => `e2e/k8s/${name}.test.ts`,
);
/** Clusters of an API server each; they mostly wait. */
const TOGETHER_AT_ONCE = 4;

/** `alone`, or `together` for all others; without it any file, one at a time. */
const group = process.env['SC_E2E_GROUP'];

/** Tests on real Kubernetes clusters. */
export default defineConfig({
  test: {
    include: group === 'alone' ? ALONE : ALL,
    exclude: group === 'together' ? ALONE : [],
    pool: 'forks',
    maxWorkers: group === 'together' ? TOGETHER_AT_ONCE : 1,
    testTimeout: 300_000,
    hookTimeout: 600_000,
    teardownTimeout: 120_000,
  },
});
