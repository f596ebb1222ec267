import { createServer } from 'node:net';
import path from 'node:path';
import { Child } from '../../src/harness/child.ts';
import { eventually } from '../../src/harness/eventually.ts';
import { NODE, ROOT } from '../../src/harness/paths.ts';

export interface OperatorProcessOptions {
  readonly kubeconfig: string;
  readonly natsUrl: string;
  /** Unique among operators of one cluster. */
  readonly name?: string;
  /** Further flags, without dashes. */
  readonly flags?: Readonly<Record<string, string>>;
}

const PATIENCE_MS = 60_000;

/** The operator as a process of this machine, on any API server. */
export class OperatorProcess {
  readonly child: Child;
  readonly apiUrl: string;
  readonly grpcAddress: string;

  private constructor(child: Child, apiPort: number, grpcPort: number) {
    this.child = child;
    this.apiUrl = `http://127.0.0.1:${apiPort}`;
    this.grpcAddress = `127.0.0.1:${grpcPort}`;
  }

  /** Resolves when it is ready; whoever leads is another matter. */
  static async start(options: OperatorProcessOptions): Promise<OperatorProcess> {
    const [apiPort = 0, grpcPort = 0] = await freePorts(2);
    const flags = {
      kubeconfig: options.kubeconfig,
      nats: options.natsUrl,
      'worker-image': 'streamcluster-worker:e2e',
      'operator-address': `127.0.0.1:${grpcPort}`,
      'pod-name': options.name ?? 'operator-1',
      'api-port': String(apiPort),
      'grpc-port': String(grpcPort),
      'log-level': 'debug',
      ...options.flags,
    };
    const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
    const child = new Child(NODE, [path.join(ROOT, 'operator/src/main.ts'), ...args]);
    const operator = new OperatorProcess(child, apiPort, grpcPort);
    await eventually('operator ready', PATIENCE_MS, async () => {
      if (!child.running) throw new Error(child.output.slice(-4000));
      return (await operator.get('/readyz').catch(() => undefined))?.ok === true;
    });
    return operator;
  }

  async get(url: string): Promise<Response> {
    return await fetch(`${this.apiUrl}${url}`);
  }

  async isLeading(): Promise<boolean> {
    const text = await (await this.get('/metrics')).text();
    return /^streamcluster_leading 1$/m.test(text);
  }

  /** In order: it lets go of the Lease. */
  async stop(): Promise<void> {
    await this.child.stop('SIGTERM');
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
