import { describe, expect, it } from 'vitest';
import { planPins } from './pin-plan.ts';
import { machineOf, type MACHINES } from './testing/sysfs.ts';

type Name = (typeof MACHINES)[number];

describe('planPins', () => {
  it.each<[string, Name, number[], number, number[]]>([
    ['one CPU has everything', 'one-node', [1], 1, [1]],
    ['two cores', 'one-node', [0, 1], 0, [1]],
    ['one core of two threads', 'two-nodes', [4, 12], 4, [12]],
    ['helpers leave the loop its core', 'two-nodes', [4, 5, 12, 13], 4, [5, 13]],
    ['the first core that is whole', 'two-nodes', [3, 4, 12], 4, [3]],
    ['no core is whole', 'two-nodes', [3, 4], 3, [4]],
    ['threads that are neighbours', 'four-nodes', [5, 6, 7], 6, [5]],
    ['the other thread is off: the core is whole', 'offline', [6, 7, 15], 6, [7, 15]],
    ['nothing known of cores', 'no-numa', [2, 3], 2, [3]],
  ])('%s', (_title, name, allowed, ...[loopCpu, helperCpus]) => {
    expect(planPins(allowed, machineOf(name))).toEqual({ loopCpu, helperCpus });
  });

  it('stays where it is as long as it may', () => {
    const machine = machineOf('two-nodes');
    expect(planPins([4, 5, 12, 13], machine, 5)).toEqual({ loopCpu: 5, helperCpus: [4, 12] });
    expect(planPins([4, 12], machine, 5)).toEqual({ loopCpu: 4, helperCpus: [12] });
  });

  it('has none for no CPUs', () => {
    expect(planPins([], machineOf('one-node'))).toBeUndefined();
  });
});
