import { describe, expect, it } from 'vitest';
import { readMachine } from './machine.ts';
import { machineOf, MACHINES } from './testing/sysfs.ts';

describe('readMachine', () => {
  it.each(MACHINES)('finds each CPU of %s once, with its core', (name) => {
    const { onlineCpus, threadsOfCpu, nodes } = machineOf(name);
    if (nodes.length > 0) {
      const listed = nodes.flatMap(({ cpus }) => cpus).sort((a, b) => a - b);
      expect(listed).toEqual(onlineCpus);
    }
    for (const cpu of onlineCpus) {
      const threads = threadsOfCpu.get(cpu)!;
      expect(threads).toContain(cpu);
      for (const thread of threads) expect(threadsOfCpu.get(thread)).toEqual(threads);
    }
  });

  it('reads nodes, and threads of a core', () => {
    const { nodes, threadsOfCpu } = machineOf('two-nodes');
    expect(nodes).toEqual([
      { node: 0, cpus: [0, 1, 2, 3, 8, 9, 10, 11] },
      { node: 1, cpus: [4, 5, 6, 7, 12, 13, 14, 15] },
    ]);
    expect(threadsOfCpu.get(12)).toEqual([4, 12]);
  });

  it('leaves out CPUs that are off', () => {
    const { onlineCpus, threadsOfCpu } = machineOf('offline');
    expect(onlineCpus).toEqual([0, 1, 2, 4, 5, 6, 7, 12, 13, 15]);
    expect([0, 6, 7].map((cpu) => threadsOfCpu.get(cpu))).toEqual([[0], [6], [7, 15]]);
  });

  it('has nodes of memory only', () => {
    expect(machineOf('memory-only').nodes[1]).toEqual({ node: 1, cpus: [] });
  });

  it('knows nothing where nothing is shown', () => {
    expect(readMachine('/nowhere')).toEqual({ onlineCpus: [], threadsOfCpu: new Map(), nodes: [] });
  });

  it('reads this machine', () => {
    expect(readMachine('/sys').onlineCpus.length).toBeGreaterThan(0);
  });
});
