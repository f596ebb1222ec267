import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

const TCP_LISTEN = '0A';
/** Fields of /proc/PID/stat after the command, which may hold blanks. */
const START_TIME_FIELD = 19;

/** When a process started, in clock ticks since boot: with the pid it names one
 * process for ever. Undefined when there is none. */
export function startTimeOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended; only its parent has not noticed.
  return fields[0] === 'Z' ? undefined : fields[START_TIME_FIELD];
}

/** How long a process's main thread could have run but was not let, in ms. */
export function runQueueWaitMs(pid: number): number | undefined {
  const waitNs = read(`/proc/${pid}/schedstat`)?.split(' ')[1];
  return waitNs === undefined ? undefined : Number(waitNs) / 1e6;
}

/** Who listens on a TCP port, as far as it may be read. */
export function listenerOf(port: number): { pid: number; command: string } | undefined {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  const pid = pids().find((one) => socketsOf(one).some((inode) => inodes.has(inode)));
  if (pid === undefined) return undefined;
  return { pid, command: commandOf(pid) };
}

/** The program and its first argument, without their folders. */
function commandOf(pid: number): string {
  const words = read(`/proc/${pid}/cmdline`)
    ?.split('\0')
    .filter((word) => !word.startsWith('-'));
  return (words ?? [])
    .slice(0, 2)
    .map((word) => path.basename(word))
    .join(' ');
}

function listeningInodes(port: number): Set<string> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of read(table)?.split('\n').slice(1) ?? []) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      if (state === TCP_LISTEN && local.endsWith(`:${hexPort}`)) inodes.add(inode);
    }
  }
  return inodes;
}

function pids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** Inodes of the sockets that a process holds; none of others' processes. */
function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    return [];
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
