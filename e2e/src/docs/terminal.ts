import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { eventuallyTrue, within } from '../harness/eventually.ts';

const ENDED = /@@ended\n/;
const STARTED = /@@started (\d+)\n/;

/** Something that goes on until Ctrl-C. */
export interface Job {
  readonly group: number;
  readonly outputFile: string;
}

/** A bash into which blocks are typed: variables stay, what fails ends it. */
export class Terminal {
  private readonly folder: string;
  private readonly shell: ChildProcessWithoutNullStreams;
  private readonly ended: Promise<unknown>;
  private readonly jobs: Job[] = [];
  private output = '';
  private onOutput = (): void => undefined;
  private blocks = 0;

  /** `folder`: where scripts and what jobs say go. */
  constructor(options: { cwd: string; env: NodeJS.ProcessEnv; folder: string }) {
    const { cwd, env, folder } = options;
    this.folder = folder;
    // With job control each job is a group, and has a Ctrl-C of its own.
    this.shell = spawn('bash', ['--norc'], { cwd, env });
    this.ended = once(this.shell, 'close');
    for (const stream of [this.shell.stdout, this.shell.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString('utf8');
        this.onOutput();
      });
    }
    this.shell.stdin.on('error', () => undefined);
    this.type('set -meuo pipefail');
  }

  set(variables: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(variables)) this.type(`export ${name}='${value}'`);
  }

  /** What it wrote; rejects with it where a command of it fails. */
  async run(text: string, patienceMs: number): Promise<string> {
    const script = this.script(text);
    this.type(`. ${script} </dev/null; echo @@ended`);
    const said = await this.said(ENDED, text, patienceMs);
    return said.input.replace(ENDED, '');
  }

  /** Begins it in a terminal of its own that has the same variables. */
  async keep(text: string, patienceMs: number): Promise<Job> {
    const script = this.script(text);
    const outputFile = `${script}.output`;
    this.type(`( . ${script} ) </dev/null >${outputFile} 2>&1 & echo @@started $!`);
    const said = await this.said(STARTED, text, patienceMs);
    const job = { group: Number(said[1]), outputFile };
    this.jobs.push(job);
    return job;
  }

  /** As Ctrl-C does, whose signal is ignored below whoever has ignored it before. */
  async end(job: Job, patienceMs: number): Promise<void> {
    signal(job, 'SIGTERM');
    try {
      await eventuallyTrue('end of a job', patienceMs, () => !signal(job, 0));
    } finally {
      signal(job, 'SIGKILL');
    }
  }

  /** Resolves when all have ended. */
  async close(patienceMs: number): Promise<void> {
    try {
      await Promise.all(this.jobs.map((job) => this.end(job, patienceMs)));
    } finally {
      this.shell.kill('SIGKILL');
    }
  }

  private script(text: string): string {
    this.blocks += 1;
    const file = path.join(this.folder, `block-${this.blocks}.sh`);
    fs.writeFileSync(file, text);
    return file;
  }

  private type(line: string): void {
    this.shell.stdin.write(`${line}\n`);
  }

  /** Waits for the word; rejects when the shell ends before. */
  private async said(word: RegExp, text: string, patienceMs: number): Promise<RegExpExecArray> {
    const from = this.output.length;
    const heard = new Promise<RegExpExecArray>((resolve, reject) => {
      this.onOutput = () => {
        const found = word.exec(this.output.slice(from));
        if (found !== null) resolve(found);
      };
      void this.ended.then(() => reject(new Error('a command failed')));
    });
    try {
      return await within('the end of the block', patienceMs, heard);
    } catch (error) {
      const said = this.output.slice(from).slice(-4000);
      throw new Error(`${String(error)}:\n${text}\n${said}`, { cause: error });
    }
  }
}

/** False: it has ended by itself. */
function signal({ group }: Job, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, name);
  } catch {
    return false;
  }
}
