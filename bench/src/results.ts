import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Run } from './rounds.ts';
import { ROOT } from './server/root.ts';
import type { ServerKind } from './server/server.ts';
import type { Bar, CurvePoint, Measurement, Role } from './workloads/workload.ts';

const FOLDER = path.join(ROOT, '.cache/bench');
const PREFIX = 'results-';

/** All of a run of the bench: what tables, pages and plots are made of. */
export interface Results {
  /** ISO 8601. */
  readonly at: string;
  readonly machine: { readonly cpu: string; readonly cpus: number; readonly kernel: string };
  readonly node: string;
  readonly seconds: number;
  readonly rounds: number;
  readonly cases: readonly CaseResult[];
  /** Sentences: what was not measured, and why. */
  readonly leftOut: readonly string[];
}

export interface CaseResult {
  readonly at: string;
  readonly key: string;
  readonly letter: string;
  readonly workload: string;
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
  readonly curves: readonly CurvePoint[];
  /** What the server's CPU did before. */
  readonly idleBusy: number;
  readonly contenders: readonly ContenderResult[];
  readonly runs: readonly Run<Measurement>[];
}

export interface ContenderResult {
  readonly name: string;
  readonly role: Role;
  readonly kind: ServerKind;
}

export function emptyResults({ seconds, rounds }: { seconds: number; rounds: number }): Results {
  const machine = {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cpus: os.cpus().length,
    kernel: os.release(),
  };
  const at = new Date().toISOString();
  return { at, machine, node: process.version, seconds, rounds, cases: [], leftOut: [] };
}

/** Cases of the same key are replaced by the newer ones, in their place. */
export function merged(older: Results, newer: Results): Results {
  const fresh = new Map(newer.cases.map((one) => [one.key, one]));
  const kept = older.cases.map((one) => fresh.get(one.key) ?? one);
  const known = new Set(older.cases.map(({ key }) => key));
  const added = newer.cases.filter(({ key }) => !known.has(key));
  return { ...newer, cases: [...kept, ...added] };
}

/** Returns the file. */
export function saveResults(results: Results): string {
  fs.mkdirSync(FOLDER, { recursive: true });
  const file = path.join(FOLDER, `${PREFIX}${results.at.replaceAll(':', '-')}.json`);
  fs.writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
  return file;
}

/** Undefined: there are none. */
export function lastResults(): Results | undefined {
  if (!fs.existsSync(FOLDER)) return undefined;
  const files = fs.readdirSync(FOLDER).filter((name) => name.startsWith(PREFIX));
  const last = files.sort().at(-1);
  if (last === undefined) return undefined;
  return JSON.parse(fs.readFileSync(path.join(FOLDER, last), 'utf8')) as Results;
}
