import path from 'node:path';
import { Child } from '../harness/child.ts';
import { eventuallyTrue } from '../harness/eventually.ts';
import { NODE, ROOT } from '../harness/paths.ts';

const PUBLISHED_MS = 60_000;

export interface ManyOptions {
  /** Literal address; this machine's by default. */
  readonly host?: string;
  readonly port: number;
  readonly count: number;
  readonly app: string;
  /** It stops by itself. */
  readonly seconds: number;
  /** `idle`: nearly no bytes; small by default. */
  readonly clip?: 'small' | 'idle';
  /** So many come in a second; all at once by default. */
  readonly perSecond?: number;
}

/** Publishes many streams from one process; resolves when all of them are taken. */
export async function publishMany(many: ManyOptions): Promise<Child> {
  const { host = '127.0.0.1', perSecond, ...others } = many;
  const { count } = others;
  const options = { host, ...others, ...(perSecond !== undefined && { 'per-second': perSecond }) };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = new Child(NODE, [path.join(ROOT, 'bench/src/publish.ts'), ...args]);
  await eventuallyTrue(`${count} streams published`, PUBLISHED_MS, () => {
    if (!child.running) throw new Error(child.output);
    return child.output.includes(`published ${count}`);
  });
  return child;
}
