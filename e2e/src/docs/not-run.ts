import type { NotRun } from './step.ts';

/** Blocks that are not run for themselves, each with a test that does the same. */
export const NOT_RUN: readonly NotRun[] = [
  {
    ...{ document: 'README.md', begins: 'make test' },
    because: 'it is what runs this test',
    ...{ insteadIn: '.ci/run', words: ['make test'] },
  },
  {
    ...{ document: 'README.md', begins: 'make e2e' },
    because: 'it is what runs the tests on Kubernetes',
    ...{ insteadIn: '.ci/run', words: ['make e2e'] },
  },
  {
    ...{ document: 'docs/installing.md', begins: 'kubectl -n streamcluster-node-tuning logs' },
    because: 'a log needs a kubelet',
    ...{ insteadIn: 'e2e/k8s/chart-tuning.test.ts', words: ['node-tuning: net.core.rmem_max'] },
  },
  {
    ...{ document: 'docs/plugin.md', begins: '$ kubectl streamcluster workers' },
    because: 'it shows what the command writes',
    ...{ insteadIn: 'e2e/k8s/plugin.test.ts', words: ['streamcluster', 'workers'] },
  },
  {
    ...{ document: 'docs/simulation.md', begins: 'make simulate-faults' },
    because: 'of 10,000 seeds, 500 are run',
    ...{ insteadIn: 'simulate/src/faults/faults.test.ts', words: ['--seeds', '1..500'] },
  },
];
