import fs from 'node:fs';
import path from 'node:path';
import type { ControlPlane } from '../control-plane.ts';
import type { Daemon } from '../daemon.ts';
import { nodeAddress, podSubnet, SERVICE_CIDR } from '../network.ts';
import type { Record } from '../record.ts';
import { createCgroup } from './cgroups.ts';
import { importImage, startContainerd } from './containerd.ts';
import { kubeProxyDaemon } from './kube-proxy.ts';
import { kubeletDaemon, kubeletRoot } from './kubelet.ts';
import { connectToBridge, ip } from './links.ts';
import { CGROUP_PREFIX, LINK_PREFIX } from './names.ts';
import { Namespaces } from './namespaces.ts';

export interface NodeOptions {
  readonly record: Record;
  /** Counts from 1; name, addresses and reserved CPU follow from it. */
  readonly index: number;
  readonly pinned: boolean;
  readonly kubeletSyncSeconds: number | undefined;
  readonly pauseArchive: string;
}

/** What the CPU manager has given away. */
export interface CpuManagerState {
  readonly policyName: string;
  readonly defaultCpuSet: string;
  /** By pod uid, then container name: a set of CPUs such as `1` or `0-1`. */
  readonly entries?: Readonly<Table<Readonly<Table<string>>>>;
}
interface Table<T> {
  [key: string]: T | undefined;
}

/** A machine played by namespaces, with containerd, kubelet and kube-proxy of its own. */
export class Node {
  readonly name: string;
  readonly address: string;
  private readonly options: NodeOptions;
  private readonly folder: string;
  private readonly link: string;
  private readonly cgroup: string;
  private plane: ControlPlane | undefined;
  private namespaces: Namespaces | undefined;
  private kubelet: Daemon | undefined;

  constructor(options: NodeOptions) {
    const { index, record } = options;
    this.options = options;
    this.name = `node-${index}`;
    this.address = nodeAddress(index);
    this.folder = path.join(record.folder, this.name);
    this.link = `${LINK_PREFIX}${this.name}`;
    this.cgroup = `${CGROUP_PREFIX}${path.basename(record.folder)}-${this.name}`;
  }

  /** Resolves when its programs run; it is ready some seconds later. */
  async start(plane: ControlPlane): Promise<void> {
    this.plane = plane;
    for (const name of ['log', 'kubelet', 'containerd']) {
      fs.mkdirSync(path.join(this.folder, name), { recursive: true });
    }
    this.options.record.addCgroup(this.cgroup);
    createCgroup(this.cgroup);
    const namespaces = await Namespaces.create({
      record: this.options.record,
      hostname: this.name,
      folder: this.folder,
    });
    this.namespaces = namespaces;
    await this.connect();
    await startContainerd(namespaces, this.folder, this.options.index);
    await importImage(namespaces, this.options.pauseArchive);
    this.startKubelet();
    kubeProxyDaemon(namespaces, this.name, plane.kubeconfigOf('system:kube-proxy')).start();
  }

  startKubelet(): void {
    if (this.plane === undefined) throw new Error(`${this.name} was not started`);
    this.kubelet ??= kubeletDaemon(this.running, {
      name: this.name,
      address: this.address,
      folder: this.folder,
      kubeconfig: this.plane.kubeconfigOf(`system:node:${this.name}`),
      caFile: this.plane.pki.caFile,
      cgroup: this.cgroup,
      reservedCpu: this.options.pinned ? this.options.index - 1 : undefined,
      syncSeconds: this.options.kubeletSyncSeconds,
    });
    this.kubelet.start();
  }

  /** Pods go on, and nobody reports of them. */
  async stopKubelet(): Promise<void> {
    await this.kubelet?.stop();
  }

  cpuManagerState(): CpuManagerState {
    const file = path.join(kubeletRoot(this.folder), 'cpu_manager_state');
    return JSON.parse(fs.readFileSync(file, 'utf8')) as CpuManagerState;
  }

  async loadImage(archive: string): Promise<void> {
    await importImage(this.running, path.resolve(archive));
  }

  /** Runs a command of this machine in the node's namespaces. */
  exec(command: string, ...args: string[]): Promise<string> {
    return this.running.exec(command, ...args);
  }

  /** Pulls the network cable, or plugs it in again. */
  async setNetwork(state: 'up' | 'down'): Promise<void> {
    await ip('link', 'set', this.link, state);
  }

  /** Cuts the power: kubelet, containerd and all pods are gone at once. */
  async powerOff(): Promise<void> {
    await this.namespaces?.kill();
    this.namespaces = undefined;
    this.kubelet = undefined;
  }

  private get running(): Namespaces {
    if (this.namespaces === undefined) throw new Error(`${this.name} is not running`);
    return this.namespaces;
  }

  private async connect(): Promise<void> {
    const { index, record } = this.options;
    record.addLink(this.link);
    await connectToBridge(this.link, this.running.initPid);
    await this.exec('ip', 'address', 'add', `${this.address}/24`, 'dev', 'eth0');
    await this.exec('ip', 'link', 'set', 'eth0', 'up');
    // What comes from the node itself is rewritten after a route is chosen.
    await this.exec('ip', 'route', 'add', SERVICE_CIDR, 'dev', 'eth0');
    await this.exec('ip', 'route', 'add', podSubnet(3 - index), 'via', nodeAddress(3 - index));
    await ip('route', 'replace', podSubnet(index), 'via', this.address);
    if (index === 1) await ip('route', 'replace', SERVICE_CIDR, 'via', this.address);
  }
}
