import { defineConfig } from 'vitest/config';

/** Tests that take minutes; `npm run -w e2e long`. */
export default defineConfig({
  test: {
    include: ['e2e/src/**/*.long.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 180_000,
  },
});
