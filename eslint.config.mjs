import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { oneWay } from './config/one-way.mjs';

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'performance'];
const CLOCKS = ['Date', ...TIMERS];
const RANDOM = { object: 'Math', property: 'random' };
/** What reaches outside the process, or knows the time. */
const SOCKETS = {
  patterns: [
    {
      regex:
        '^(node:)?(net|http|http2|https|tls|dgram|timers|fs|child_process)(/|$)|^@grpc/|^@nats-io/|^nats$',
      message: 'Only adapters reach outside: take it as an interface.',
    },
  ],
};

export default tseslint.config(
  {
    ignores: [
      '**/gen/**',
      '**/node_modules/**',
      '.cache/**',
      '.run/**',
      'worker/native/build/**',
      'console/src/page/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { house: { rules: { 'one-way': oneWay } } },
    rules: {
      'house/one-way': 'error',
      complexity: ['error', 10],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      'max-statements': ['error', 20],
      'max-nested-callbacks': ['error', 4],
      'max-lines': ['error', 500],
      eqeqeq: 'error',
      '@typescript-eslint/explicit-function-return-type': [
        'error',
        { allowExpressions: true, allowTypedFunctionExpressions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      // Commands of numbers and positions read better than Number(x).toString().
      '@typescript-eslint/prefer-literal-enum-member': 'off',
    },
  },
  {
    // Pure writers and readers say where, how much and from what.
    files: ['worker/src/formats/**/*.ts', 'worker/src/media/**/*.ts'],
    rules: { 'max-params': ['error', 7] },
  },
  {
    // Cluster and stream code is simulated: time and chance come through interfaces.
    files: ['worker/src/cluster/**/*.ts', 'worker/src/stream/**/*.ts', 'placement/**/*.ts'],
    ignores: ['**/*.test.ts', '**/adapters/**', '**/testing/**', 'worker/src/stream/clock.ts'],
    rules: {
      'no-restricted-globals': ['error', ...CLOCKS],
      'no-restricted-properties': ['error', RANDOM],
    },
  },
  {
    files: ['worker/src/cluster/**/*.ts'],
    ignores: ['**/*.test.ts', '**/adapters/**', '**/testing/**'],
    rules: { 'no-restricted-imports': ['error', SOCKETS] },
  },
  {
    // So is what the operator decides. It may write times that it was given.
    files: ['place', 'fleet', 'reconcile'].map((folder) => `operator/src/${folder}/**/*.ts`),
    ignores: ['**/*.test.ts', '**/adapters/**'],
    rules: {
      'no-restricted-globals': ['error', ...TIMERS],
      'no-restricted-properties': ['error', RANDOM, { object: 'Date', property: 'now' }],
      'no-restricted-syntax': ['error', "NewExpression[callee.name='Date'][arguments.length=0]"],
      'no-restricted-imports': ['error', SOCKETS],
    },
  },
  {
    files: ['**/*.test.ts', '**/testing/**/*.ts', 'e2e/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'max-statements': 'off',
      'max-nested-callbacks': 'off',
      '@typescript-eslint/explicit-function-return-type': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
);
