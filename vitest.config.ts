import { defineConfig } from 'vitest/config';

/** Whole clusters with real players, compared by content: each mostly waits for pictures. */
const PLAYED = e2e(
  'access',
  'bad-input',
  'console-use',
  'docs-commands',
  'moves',
  'other-players',
  'publisher-health',
  'reconnect',
  'redirect',
  'server-death',
  'sessions',
  'steering',
  'tls',
  'watch',
);
/** With bars in seconds that another test beside them would spoil. */
const TIMED = e2e('console', 'hot-stream', 'worker-death');
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
          exclude: [...NEVER, ...PLAYED, ...TIMED],
          // Much of the time is waiting for players in real time: two files at once even on two CPUs.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...base,
          name: 'played',
          include: PLAYED,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...base,
          name: 'timed',
          include: TIMED,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

function e2e(...names: string[]): string[] {
  return names.map((name) => `e2e/src/${name}.test.ts`);
}
