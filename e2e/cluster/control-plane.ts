import path from 'node:path';
import { ApiServer } from './api-server.ts';
import { binary } from './binaries.ts';
import { Daemon } from './daemon.ts';
import { startEtcd } from './etcd.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { API_SERVICE_IP } from './network.ts';
import { Pki } from './pki.ts';
import { freePort } from './ports.ts';
import type { Record } from './record.ts';

export const ADMIN = 'admin';
const CONTROLLERS = 'system:kube-controller-manager';
const SCHEDULER = 'system:kube-scheduler';

/** Those who hold a token from the start, and their groups. */
const USERS = new Map([
  [ADMIN, 'system:masters'],
  [CONTROLLERS, ''],
  [SCHEDULER, ''],
]);

export interface ControlPlaneOptions {
  readonly record: Record;
  /** Where the API server listens. */
  readonly host: string;
  readonly scheduler: boolean;
  readonly users?: ReadonlyMap<string, string> | undefined;
}

/** etcd, API server, controller manager and, if asked for, the scheduler. */
export class ControlPlane {
  readonly pki: Pki;
  readonly apiServer: ApiServer;
  /** The administrator's. */
  readonly kubeconfig: string;
  private readonly record: Record;
  private readonly daemons: Daemon[] = [];

  private constructor(record: Record, pki: Pki, apiServer: ApiServer) {
    this.record = record;
    this.pki = pki;
    this.apiServer = apiServer;
    this.kubeconfig = this.kubeconfigOf(ADMIN);
  }

  /** Resolves when the API server answers. */
  static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    const { record, host } = options;
    const pki = new Pki(record.folder);
    const users = new Map([...USERS, ...(options.users ?? [])]);
    const [etcd] = await Promise.all([
      startEtcd(record),
      pki.create(['127.0.0.1', host, API_SERVICE_IP], users),
    ]);
    const port = await freePort(host);
    const apiServer = new ApiServer({ record, pki, etcdUrl: etcd.url, host, port });
    const plane = new ControlPlane(record, pki, apiServer);
    plane.daemons.push(etcd.daemon);
    await apiServer.start();
    plane.daemons.push(await plane.controllerManager());
    if (options.scheduler) plane.daemons.push(await plane.scheduler());
    return plane;
  }

  get adminToken(): string {
    return this.pki.token(ADMIN);
  }

  /** A kubeconfig of one who holds a token from the start. */
  kubeconfigOf(user: string): string {
    const name = user.replaceAll(':', '-');
    return writeKubeconfig(path.join(this.record.folder, `${name}.kubeconfig`), {
      server: this.apiServer.url,
      caFile: this.pki.caFile,
      token: this.pki.token(user),
      user,
    });
  }

  /** Nothing of it is needed again, so nobody is asked to end in good order. */
  async stop(): Promise<void> {
    await Promise.all([
      this.apiServer.stop(),
      ...this.daemons.map((daemon) => daemon.stop('SIGKILL')),
    ]);
  }

  private async controllerManager(): Promise<Daemon> {
    const { pki, record } = this;
    return new Daemon(record, {
      name: 'kube-controller-manager',
      command: binary('kube-controller-manager'),
      args: [
        `--kubeconfig=${this.kubeconfigOf(CONTROLLERS)}`,
        '--use-service-account-credentials',
        '--leader-elect=false',
        `--service-account-private-key-file=${pki.serviceAccountKey}`,
        `--root-ca-file=${pki.caFile}`,
        `--cluster-signing-cert-file=${pki.caFile}`,
        `--cluster-signing-key-file=${pki.caKeyFile}`,
        // A node counts as lost after this much silence: 50 s, were it not a test.
        '--node-monitor-grace-period=20s',
        '--bind-address=127.0.0.1',
        `--secure-port=${await freePort()}`,
      ],
    }).start();
  }

  private async scheduler(): Promise<Daemon> {
    return new Daemon(this.record, {
      name: 'kube-scheduler',
      command: binary('kube-scheduler'),
      args: [
        `--kubeconfig=${this.kubeconfigOf(SCHEDULER)}`,
        `--authentication-kubeconfig=${this.kubeconfigOf(SCHEDULER)}`,
        `--authorization-kubeconfig=${this.kubeconfigOf(SCHEDULER)}`,
        '--leader-elect=false',
        '--bind-address=127.0.0.1',
        `--secure-port=${await freePort()}`,
      ],
    }).start();
  }
}
