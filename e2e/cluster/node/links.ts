import fs from 'node:fs';
import { exec } from '../exec.ts';

/** Names of this machine's network links. */
export function links(): string[] {
  return fs.readdirSync('/sys/class/net');
}

export async function ip(...args: string[]): Promise<void> {
  await exec('ip', args);
}

export async function removeLink(link: string): Promise<void> {
  if (links().includes(link)) await ip('link', 'delete', link);
}
