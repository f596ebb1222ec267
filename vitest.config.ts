import { defineConfig } from 'vitest/config';

/** Tests with real players, or with bars in seconds, that another test beside them would spoil. */
const TIMED = [
  'console',
  'worker-death',
  'server-death',
  'hot-stream',
  'steering',
  'watch',
  'moves',
  'reconnect',
  'tls',
  'access',
].map((name) => `e2e/src/${name}.test.ts`);
const NEVER = ['**/node_modules/**', '**/*.long.test.ts'];

const base = {
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 60_000,
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...base,
          name: 'all',
          include: ['*/src/**/*.test.ts'],
          exclude: [...NEVER, ...TIMED],
          // Much of the time is waiting for players in real time: two files at once even on two CPUs.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...base,
          name: 'timed',
          include: TIMED,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
