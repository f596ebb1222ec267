import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

const PREFIX = 'scf';
const SWITCH = 'switch';

/**
 * A network of its own for every party, each in a network namespace behind one
 * bridge, which can be told not to let two of them through to one another. The
 * test itself is at `hostAddress` and reaches all of them, whatever is cut.
 * Takes root, `ip` and `ebtables`.
 */
export class FaultNet {
  readonly hostAddress: string;
  private readonly subnet: string;
  private readonly addresses = new Map<string, string>();

  constructor() {
    removeLeftovers();
    this.subnet = `10.247.${process.pid % 250}`;
    this.hostAddress = `${this.subnet}.1`;
    ip('netns', 'add', namespaceOf(SWITCH));
    this.inSwitch('link', 'add', 'br0', 'type', 'bridge');
    this.inSwitch('link', 'set', 'br0', 'up');
    const own = `${PREFIX}${process.pid}`;
    this.plug('host', ['name', own, 'netns', String(process.pid)]);
    ip('addr', 'add', `${this.hostAddress}/24`, 'dev', own);
    ip('link', 'set', own, 'up');
  }

  /** A new party; its address. */
  add(party: string): string {
    this.addNamespace(party);
    this.plug(party, ['name', 'eth0', 'netns', namespaceOf(party)]);
    return this.address(party);
  }

  /** The same without its cable: somebody else connects `eth0` of the one with `port`
   * of the bridge; both are there already. */
  addUnplugged(party: string, connect: (namespace: string, bridge: string) => void): string {
    this.addNamespace(party);
    connect(namespaceOf(party), namespaceOf(SWITCH));
    this.attach(portOf(party));
    return this.address(party);
  }

  addressOf(party: string): string {
    const address = this.addresses.get(party);
    if (address === undefined) throw new Error(`there is no ${party} in this network`);
    return address;
  }

  /** Words in front of a command line that run it as that party, and end it when the
   * test ends, however it ends. */
  commandOf(party: string): string[] {
    const namespace = `/run/netns/${namespaceOf(party)}`;
    return ['nsenter', `--net=${namespace}`, 'setpriv', '--pdeathsig', 'KILL'];
  }

  /** From now on nothing gets from one side to the other; within each all does. */
  split(one: readonly string[], other: readonly string[]): void {
    for (const a of one) {
      for (const b of other) {
        this.drop(a, b);
        this.drop(b, a);
      }
    }
  }

  /** Everybody reaches everybody again. */
  heal(): void {
    this.inBridge('-F', 'FORWARD');
  }

  close(): void {
    for (const party of [...this.addresses.keys(), SWITCH]) remove(namespaceOf(party));
  }

  private addNamespace(party: string): void {
    const number = 2 + this.addresses.size;
    this.addresses.set(party, `${this.subnet}.${number}`);
    ip('netns', 'add', namespaceOf(party));
    ip('-n', namespaceOf(party), 'link', 'set', 'lo', 'up');
  }

  private address(party: string): string {
    const address = this.addressOf(party);
    const namespace = namespaceOf(party);
    ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    ip('-n', namespace, 'link', 'set', 'eth0', 'up');
    return address;
  }

  private plug(party: string, peer: readonly string[]): void {
    this.inSwitch('link', 'add', portOf(party), 'type', 'veth', 'peer', ...peer);
    this.attach(portOf(party));
  }

  private attach(port: string): void {
    this.inSwitch('link', 'set', port, 'master', 'br0', 'up');
  }

  private drop(from: string, to: string): void {
    const addresses = ['--ip-src', this.addressOf(from), '--ip-dst', this.addressOf(to)];
    this.inBridge('-A', 'FORWARD', '-p', 'IPv4', ...addresses, '-j', 'DROP');
  }

  private inSwitch(...args: string[]): void {
    ip('-n', namespaceOf(SWITCH), ...args);
  }

  private inBridge(...args: string[]): void {
    const namespace = `/run/netns/${namespaceOf(SWITCH)}`;
    execFileSync('nsenter', [`--net=${namespace}`, 'ebtables', ...args], { stdio: 'pipe' });
  }
}

/** Name of the bridge's end of a party's cable. */
export function portOf(party: string): string {
  return `p-${party}`;
}

function namespaceOf(party: string): string {
  return `${PREFIX}-${process.pid}-${party}`;
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Of tests that ended without closing: their processes ended with them. */
function removeLeftovers(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const [namespace = ''] = line.split(' ');
    const pid = new RegExp(`^${PREFIX}-(\\d+)-`).exec(namespace)?.[1];
    if (pid !== undefined && !fs.existsSync(`/proc/${pid}`)) remove(namespace);
  }
}

function remove(namespace: string): void {
  try {
    ip('netns', 'del', namespace);
  } catch {
    // Another test was faster, or it never was made.
  }
}
