import fs from 'node:fs';
import path from 'node:path';
import { eventuallyTrue } from '../harness/eventually.ts';
import { findBlock, type BlockName } from './blocks.ts';
import { lookalike } from './checkout.ts';
import { Terminal, type Job } from './terminal.ts';

const SHIMS = path.join(import.meta.dirname, 'shims');
const PATIENCE_MS = 60_000;

export interface DeskOptions {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** What stands in documents, and what is meant here. */
  readonly meant: readonly (readonly [RegExp, string])[];
}

/** Where somebody sits who types what the documents say. */
export class Desk {
  readonly folder: string;
  private readonly terminal: Terminal;
  private readonly meant: (readonly [RegExp, string])[];

  constructor({ name, env, meant }: DeskOptions) {
    this.folder = lookalike(name);
    this.meant = [...meant];
    const programs = env['PATH'] ?? process.env['PATH'] ?? '';
    const own = path.join(this.folder, '.cache/blocks');
    fs.mkdirSync(own);
    this.terminal = new Terminal({
      cwd: this.folder,
      env: { ...process.env, ...env, PATH: `${SHIMS}:${programs}` },
      folder: own,
    });
  }

  /** What further words of the documents mean from now on. */
  mean(from: RegExp, to: string): void {
    this.meant.push([from, to]);
  }

  /** Variables of all that is typed from now on. */
  set(variables: Readonly<Record<string, string>>): void {
    this.terminal.set(variables);
  }

  /** What the block wrote. */
  run(name: BlockName): Promise<string> {
    return this.terminal.run(this.textOf(name), PATIENCE_MS);
  }

  /** Begins what goes on, and waits until it has come so far. */
  async keep(
    name: BlockName,
    what: string,
    isSoFar: (output: string) => Promise<boolean> | boolean,
  ): Promise<Job> {
    const job = await this.terminal.keep(this.textOf(name), PATIENCE_MS);
    const said = (): string => fs.readFileSync(job.outputFile, 'utf8');
    await eventuallyTrue(what, PATIENCE_MS, () => isSoFar(said())).catch((error: unknown) => {
      throw new Error(`${String(error)}:\n${said().slice(-4000)}`, { cause: error });
    });
    return job;
  }

  /** Ctrl-C. */
  end(job: Job): Promise<void> {
    return this.terminal.end(job, PATIENCE_MS);
  }

  async close(): Promise<void> {
    await this.terminal.close(PATIENCE_MS);
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private textOf(name: BlockName): string {
    const { text } = findBlock(name);
    return this.meant.reduce((so, [from, to]) => so.replaceAll(from, to), text);
  }
}
