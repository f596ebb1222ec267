import { binary } from '../binaries.ts';
import type { Daemon } from '../daemon.ts';
import { POD_CIDR } from '../network.ts';
import type { Namespaces } from './namespaces.ts';

/** Makes Services reachable by packet filter rules of the node's own network. */
export function kubeProxyDaemon(namespaces: Namespaces, name: string, kubeconfig: string): Daemon {
  return namespaces.daemon({
    name: 'kube-proxy',
    command: binary('kube-proxy'),
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--hostname-override=${name}`,
      '--proxy-mode=iptables',
      `--cluster-cidr=${POD_CIDR}`,
      // Limits of the whole machine; not the node's to set.
      '--conntrack-max-per-core=0',
      '--conntrack-min=0',
      '--oom-score-adj=0',
    ],
  });
}
