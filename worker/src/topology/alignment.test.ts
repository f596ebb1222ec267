import { describe, expect, it } from 'vitest';
import { residenceOf } from './alignment.ts';
import { machineOf, type MACHINES } from './testing/sysfs.ts';

type Case = [cpus: number[], memoryNodes: number[], numaNode: number, alignment: string];

describe('residenceOf', () => {
  it.each<[string, (typeof MACHINES)[number], ...Case]>([
    ['one node, all of it', 'one-node', [0, 1], [0], 0, 'aligned'],
    ['two cores of the second node', 'two-nodes', [4, 5, 12, 13], [1], 1, 'aligned'],
    ['memory of both nodes allowed', 'two-nodes', [4, 12], [0, 1], 1, 'aligned'],
    ['memory of the other node only', 'two-nodes', [4, 12], [0], 1, 'astray'],
    ['CPUs of both nodes', 'two-nodes', [3, 4], [0, 1], -1, 'astray'],
    ['the last of four nodes', 'four-nodes', [12, 13], [3], 3, 'aligned'],
    ['two of four nodes', 'four-nodes', [7, 8], [1, 2], -1, 'astray'],
    ['a node with CPUs that are off', 'offline', [0, 1, 2], [0], 0, 'aligned'],
    ['memory of a node without CPUs', 'memory-only', [2, 3], [1], 2, 'astray'],
    ['memory of a node without CPUs, too', 'memory-only', [2, 3], [1, 2], 2, 'aligned'],
    ['a kernel without NUMA', 'no-numa', [0, 1], [0], -1, 'unknown'],
    ['a CPU that no node has', 'two-nodes', [0, 99], [0], -1, 'unknown'],
    ['no CPUs', 'two-nodes', [], [0], -1, 'unknown'],
  ])('%s', (_title, name, ...[cpus, memoryNodes, numaNode, alignment]) => {
    const residence = residenceOf({ cpus, memoryNodes }, machineOf(name));
    expect(residence).toEqual({ numaNode, alignment });
  });
});
