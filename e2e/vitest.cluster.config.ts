import { defineConfig } from 'vitest/config';

/** Tests on real Kubernetes clusters; a file at a time, since nodes have fixed addresses. */
export default defineConfig({
  test: {
    include: ['e2e/k8s/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 600_000,
    teardownTimeout: 120_000,
  },
});
