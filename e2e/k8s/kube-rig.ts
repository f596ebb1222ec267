import { realClock } from '../../operator/src/clock.ts';
import { KubeClient, kubeConfigLoader, type Pod } from '../../operator/src/kube/mod.ts';
import { keptLog } from '../../operator/src/kube/testing/kept-log.ts';

/** A log that nobody reads. */
export const { log: QUIET } = keptLog();

export interface Answer {
  readonly verb: string;
  readonly resource: string;
  readonly code: number;
}

/** The operator's client, by a kubeconfig, and what it was answered. */
export function clientOf(kubeconfig: string): { client: KubeClient; answers: Answer[] } {
  const answers: Answer[] = [];
  const client = new KubeClient({
    load: kubeConfigLoader({ file: kubeconfig }),
    version: 'test',
    clock: realClock,
    onRequest: (verb, resource, code) => answers.push({ verb, resource, code }),
  });
  return { client, answers };
}

/** A pod that nobody schedules. */
export function idlePod(namespace: string, name: string, labels: Record<string, string> = {}): Pod {
  const container = { name: 'idle', image: 'idle:0' };
  return {
    metadata: { namespace, name, labels },
    spec: { containers: [container] },
  };
}
