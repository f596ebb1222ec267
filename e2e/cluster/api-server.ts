import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { eventually } from '../src/harness/eventually.ts';
import { binary } from './binaries.ts';
import { Daemon } from './daemon.ts';
import { SERVICE_CIDR } from './network.ts';
import type { Pki } from './pki.ts';
import type { Record } from './record.ts';

const READY_MS = 120_000;
const AUDIT_POLICY = JSON.stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
});

export interface ApiServerOptions {
  readonly record: Record;
  readonly pki: Pki;
  readonly etcdUrl: string;
  readonly host: string;
  readonly port: number;
}

/** kube-apiserver; it can be stopped and started again at the same port. */
export class ApiServer {
  readonly url: string;
  /** One JSON event a line for every request: who, what, and which rule allowed it. */
  readonly auditLog: string;
  private readonly daemon: Daemon;
  private readonly caFile: string;

  constructor(options: ApiServerOptions) {
    this.url = `https://${options.host}:${options.port}`;
    this.auditLog = path.join(options.record.folder, 'audit.log');
    this.caFile = options.pki.caFile;
    const policy = path.join(options.record.folder, 'audit-policy.json');
    fs.writeFileSync(policy, AUDIT_POLICY);
    this.daemon = new Daemon(options.record, {
      name: 'kube-apiserver',
      command: binary('kube-apiserver'),
      args: [
        ...serverFlags(options),
        `--audit-policy-file=${policy}`,
        `--audit-log-path=${this.auditLog}`,
      ],
    });
  }

  get pid(): number {
    return this.daemon.pid;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    this.daemon.start();
    await eventually('readiness of kube-apiserver', READY_MS, async () => {
      this.daemon.assertRunning();
      return (await this.isReady()) || undefined;
    });
  }

  /** Killed, unless told otherwise: asked to end, it waits for clients that watch. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.daemon.stop(signal);
  }

  private isReady(): Promise<boolean> {
    return new Promise((resolve) => {
      const ca = fs.readFileSync(this.caFile);
      const request = https.get(`${this.url}/readyz`, { ca, agent: false, timeout: 2000 });
      request.once('response', (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      request.once('timeout', () => request.destroy());
      request.once('error', () => resolve(false));
    });
  }
}

function serverFlags({ pki, etcdUrl, host, port }: ApiServerOptions): string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    `--bind-address=${host}`,
    `--advertise-address=${host === '127.0.0.1' ? UNUSED_ADDRESS : host}`,
    `--secure-port=${port}`,
    `--service-cluster-ip-range=${SERVICE_CIDR}`,
    '--allow-privileged',
    '--authorization-mode=Node,RBAC',
    // Without the first, nobody would notice a missing right on finalizers.
    '--enable-admission-plugins=OwnerReferencesPermissionEnforcement,NodeRestriction',
    `--token-auth-file=${pki.tokenFile}`,
    `--client-ca-file=${pki.caFile}`,
    `--tls-cert-file=${pki.servingCert}`,
    `--tls-private-key-file=${pki.servingKey}`,
    `--service-account-key-file=${pki.serviceAccountKey}`,
    `--service-account-signing-key-file=${pki.serviceAccountKey}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--kubelet-client-certificate=${pki.kubeletClientCert}`,
    `--kubelet-client-key=${pki.kubeletClientKey}`,
    // Else `kubectl logs` and `exec` look the node's name up.
    '--kubelet-preferred-address-types=InternalIP',
    '--shutdown-delay-duration=0s',
  ];
}

/** Of a documentation range: the API server wants one, and nobody dials it. */
const UNUSED_ADDRESS = '203.0.113.1';
