import { binary } from '../../cluster/binaries.ts';
import type { ClusterAccess } from '../../cluster/mod.ts';
import { Child } from '../../src/harness/child.ts';
import { eventually } from '../../src/harness/eventually.ts';

const STARTED_MS = 20_000;

/** `kubectl port-forward`, as long as it is wanted. */
export class PortForward {
  /** Where it listens on this machine. */
  readonly url: string;
  private readonly child: Child;

  private constructor(child: Child, url: string) {
    this.child = child;
    this.url = url;
  }

  static async start(
    { kubeconfig }: ClusterAccess,
    namespace: string,
    target: string,
    port: number,
  ): Promise<PortForward> {
    const args = ['--kubeconfig', kubeconfig, '--namespace', namespace];
    const child = new Child(binary('kubectl'), [...args, 'port-forward', target, `:${port}`]);
    const url = await eventually(`port-forward to ${target}`, STARTED_MS, () => {
      if (!child.running) throw new Error(child.output);
      const at = /Forwarding from (127\.0\.0\.1:\d+)/.exec(child.output)?.[1];
      return at === undefined ? undefined : `http://${at}`;
    });
    return new PortForward(child, url);
  }

  async stop(): Promise<void> {
    await this.child.stop();
  }
}
