import fs from 'node:fs';
import { exec } from '../exec.ts';
import { HOST_ADDRESS } from '../network.ts';
import type { Record } from '../record.ts';
import { LINK_PREFIX } from './names.ts';

const BRIDGE = `${LINK_PREFIX}br0`;

/** Names of this machine's network links. */
export function links(): string[] {
  return fs.readdirSync('/sys/class/net');
}

export async function ip(...args: string[]): Promise<void> {
  await exec('ip', args);
}

/** Removes a link if it is there; the end of a dead namespace may vanish meanwhile. */
export async function removeLink(link: string): Promise<void> {
  if (!links().includes(link)) return;
  try {
    await ip('link', 'delete', link);
  } catch (error) {
    if (links().includes(link)) throw error;
  }
}

/** The network on which this machine and its nodes meet. */
export async function createBridge(record: Record): Promise<void> {
  await removeLink(BRIDGE);
  record.addLink(BRIDGE);
  await ip('link', 'add', BRIDGE, 'type', 'bridge');
  await ip('address', 'add', `${HOST_ADDRESS}/24`, 'dev', BRIDGE);
  await ip('link', 'set', BRIDGE, 'up');
}

/** The host's end of a node's cable; its other end, `eth0`, is in the node's namespace. */
export async function connectToBridge(link: string, namespacePid: number): Promise<void> {
  await removeLink(link);
  const peer = ['peer', 'name', 'eth0', 'netns', String(namespacePid)];
  await ip('link', 'add', link, 'type', 'veth', ...peer);
  await ip('link', 'set', link, 'master', BRIDGE, 'up');
}
