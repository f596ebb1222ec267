import fs from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { drawings, withResults } from './report/docs.ts';
import { scenarioText } from './report/terminal.ts';
import { SCENARIOS } from './scenarios/catalogue.ts';
import type { ScenarioResult } from './scenarios/scenario.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PAGE = path.join('docs', 'placement.md');
const PLOTS = path.join('docs', 'placement');
const KEYS = SCENARIOS.map(({ key }) => key);

interface Options {
  readonly only: string;
  readonly seed: number;
  readonly docs: boolean;
}

function readOptions(): Options {
  const options = new Command('simulate')
    .description('Runs the real placement policies on simulated clusters.')
    .option('--only <keys>', 'scenarios', KEYS.join(','))
    .option('--seed <number>', 'the same seed gives the same figures', Number, 1)
    .option('--docs', `write ${PAGE} and its plots`, false)
    .parse()
    .opts<Options>();
  const unknown = options.only.split(',').find((key) => !KEYS.includes(key));
  if (unknown !== undefined)
    throw new Error(`no scenario ${unknown}; there are ${KEYS.join(', ')}`);
  if (!Number.isSafeInteger(options.seed)) throw new Error('--seed must be a whole number');
  const isAll = options.only === KEYS.join(',');
  if (options.docs && !isAll) throw new Error('--docs needs all scenarios');
  return options;
}

function run({ only, seed }: Options): ScenarioResult[] {
  const keys = only.split(',');
  return SCENARIOS.filter(({ key }) => keys.includes(key)).map((scenario) => {
    const startMs = performance.now();
    const result = scenario.run(seed);
    process.stdout.write(`${scenarioText(result)}\n`);
    const seconds = (performance.now() - startMs) / 1_000;
    process.stderr.write(`${scenario.key}: ${seconds.toFixed(1)} s\n`);
    return result;
  });
}

function writeDocs(results: readonly ScenarioResult[]): void {
  const page = path.join(ROOT, PAGE);
  fs.writeFileSync(page, withResults(fs.readFileSync(page, 'utf8'), results));
  fs.mkdirSync(path.join(ROOT, PLOTS), { recursive: true });
  for (const [name, drawing] of drawings(results)) {
    fs.writeFileSync(path.join(ROOT, PLOTS, name), drawing);
  }
  process.stderr.write(`written: ${PAGE}, ${PLOTS}\n`);
}

const options = readOptions();
const results = run(options);
if (options.docs) writeDocs(results);
if (results.some(({ bars }) => bars.some(({ isReached }) => !isReached))) process.exitCode = 1;
