import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assignCpus } from './cpu-assignment.ts';
import { parseCpuList } from './cpu-list.ts';
import { allowedCpus, readTopology } from './topology.ts';

describe('parseCpuList', () => {
  it.each([
    ['', []],
    ['\n', []],
    ['0', [0]],
    ['0-3\n', [0, 1, 2, 3]],
    ['1,4-5,9', [1, 4, 5, 9]],
  ])('reads %j', (text, cpus) => {
    expect(parseCpuList(text)).toEqual(cpus);
  });
});

describe('readTopology', () => {
  let sysfs: string;

  beforeAll(() => {
    sysfs = mkdtempSync(path.join(tmpdir(), 'sc-topology-'));
    // Node 1 has memory only; node 10 must come after node 2.
    const lists = { 0: '0-3', 1: '', 2: '4-6', 10: '8-9' };
    for (const [node, list] of Object.entries(lists)) {
      const folder = path.join(sysfs, `devices/system/node/node${node}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, 'cpulist'), `${list}\n`);
    }
    writeFileSync(path.join(sysfs, 'devices/system/node/online'), '0-2,10\n');
  });
  afterAll(() => rmSync(sysfs, { recursive: true }));

  it('has the allowed CPUs of each node', () => {
    expect(readTopology(sysfs, [0, 2, 3, 5, 8, 9])).toEqual([
      { node: 0, cpus: [0, 2, 3] },
      { node: 2, cpus: [5] },
      { node: 10, cpus: [8, 9] },
    ]);
  });

  it('is one node where the kernel shows none', () => {
    expect(readTopology('/nowhere', [4, 7])).toEqual([{ node: 0, cpus: [4, 7] }]);
  });

  it('finds every allowed CPU of this machine', () => {
    const cpus = readTopology().flatMap((node) => node.cpus);
    expect(cpus.sort((a, b) => a - b)).toEqual(allowedCpus());
  });
});

describe('assignCpus', () => {
  const TWO_NODES = [
    { node: 0, cpus: [0, 1, 2, 3] },
    { node: 1, cpus: [4, 5, 6] },
  ];

  it('deals workers out over the nodes, each within one', () => {
    const { cpusOf, exclusiveWorkers } = assignCpus(TWO_NODES, 2);
    expect(exclusiveWorkers).toBe(3);
    expect([0, 1, 2].map(cpusOf)).toEqual([
      [0, 1],
      [4, 5],
      [2, 3],
    ]);
  });

  it('shares in turn when there are more workers than CPUs', () => {
    const { cpusOf, exclusiveWorkers } = assignCpus([{ node: 0, cpus: [0, 1] }], 1);
    expect(exclusiveWorkers).toBe(2);
    expect([0, 1, 2, 3].map(cpusOf)).toEqual([[0], [1], [0], [1]]);
  });

  it('gives a worker that is larger than any node a whole node', () => {
    const { cpusOf, exclusiveWorkers } = assignCpus(TWO_NODES, 8);
    expect(exclusiveWorkers).toBe(0);
    expect(cpusOf(1)).toEqual([4, 5, 6]);
  });
});
