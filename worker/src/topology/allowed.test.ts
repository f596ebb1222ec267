import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllowed } from './allowed.ts';

/** The end of /proc/self/status of a pod with two whole cores of node 1. */
const STATUS = `Seccomp:	2
Cpus_allowed:	3030
Cpus_allowed_list:	4-5,12-13
Mems_allowed:	00000000,00000002
Mems_allowed_list:	1
voluntary_ctxt_switches:	52
`;

describe('parseAllowed', () => {
  it('reads the lists of CPUs and nodes', () => {
    expect(parseAllowed(STATUS)).toEqual({ cpus: [4, 5, 12, 13], memoryNodes: [1] });
  });

  it('reads what this kernel writes', () => {
    const allowed = parseAllowed(readFileSync('/proc/self/status', 'utf8'));
    expect(allowed?.cpus.length).toBeGreaterThan(0);
  });

  it.each([
    ['nothing', ''],
    ['no memory nodes', STATUS.replace(/Mems_allowed_list.*\n/, '')],
    ['no CPUs', STATUS.replace('4-5,12-13', '')],
    ['a list that is none', STATUS.replace('4-5,12-13', '4-')],
  ])('is undefined for %s', (_title, status) => {
    expect(parseAllowed(status)).toBeUndefined();
  });

  it('answers any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(STATUS.length), (text, at) => {
        const cut = STATUS.slice(0, at) + text + STATUS.slice(at);
        const allowed = parseAllowed(cut);
        expect(allowed === undefined || allowed.cpus.length > 0).toBe(true);
      }),
    );
  });
});
