import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { cacheFolder, ROOT } from '../harness/paths.ts';
import { portOf, type FaultNet } from './fault-net.ts';

const SOURCE = path.join(ROOT, 'e2e/native/slow-link.c');

/** A party's cable that can be told to lose packets and to take its time. */
export class SlowLink {
  private readonly process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.process = process;
  }

  /** Joins a new party to the network; nothing is lost or late before `become`. */
  static async plug(net: FaultNet, party: string): Promise<SlowLink> {
    const names = [`sl${process.pid % 100_000}a`, `sl${process.pid % 100_000}b`] as const;
    const child = spawn(build(), names, { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    net.addUnplugged(party, (namespace, bridge) => {
      execFileSync('ip', ['link', 'set', names[0], 'netns', namespace, 'name', 'eth0']);
      execFileSync('ip', ['link', 'set', names[1], 'netns', bridge, 'name', portOf(party)]);
    });
    return new SlowLink(child);
  }

  /** Each way. */
  become(lossPercent: number, delayMs: number): void {
    this.process.stdin?.write(`${lossPercent} ${delayMs}\n`);
  }

  close(): void {
    this.process.stdin?.end();
  }
}

function build(): string {
  const binary = path.join(cacheFolder('bin'), 'slow-link');
  execFileSync('cc', ['-O2', '-Wall', '-Werror', '-o', binary, SOURCE]);
  return binary;
}
