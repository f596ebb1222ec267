import fs from 'node:fs';

/** Pids of a process's children, their children and so on. */
export function descendants(pid: number): number[] {
  const children = childrenOf(pid);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function childrenOf(pid: number): number[] {
  try {
    return fs
      .readdirSync(`/proc/${pid}/task`)
      .flatMap((task) => fs.readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '))
      .filter((text) => text !== '')
      .map(Number);
  } catch {
    return [];
  }
}

/** Words of a process's command line; empty once it is gone. */
export function commandLine(pid: number): string[] {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

/** Resident memory in bytes; 0 once it is gone. */
export function residentBytes(pid: number): number {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/**
 * Which of the processes holds the server's end of a loopback connection.
 * Workers share one port (SO_REUSEPORT), and this is the one way to tell them
 * apart that asks nothing of them. Undefined while it is not accepted yet.
 */
export function holderOfConnection(
  serverPort: number,
  clientPort: number,
  pids: readonly number[],
): number | undefined {
  const inode = socketInode(serverPort, clientPort);
  return inode === undefined ? undefined : pids.find((pid) => holdsSocket(pid, inode));
}

function socketInode(localPort: number, remotePort: number): string | undefined {
  const [local, remote] = [localPort, remotePort].map((port) =>
    port.toString(16).toUpperCase().padStart(4, '0'),
  );
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of fs.readFileSync(table, 'utf8').split('\n').slice(1)) {
      const [, localAddress, remoteAddress, , , , , , , inode] = line.trim().split(/\s+/);
      if (!localAddress?.endsWith(`:${local}`) || !remoteAddress?.endsWith(`:${remote}`)) continue;
      if (inode !== '0') return inode;
    }
  }
  return undefined;
}

function holdsSocket(pid: number, inode: string): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return fs.readdirSync(folder).some((fd) => linkOf(`${folder}/${fd}`) === `socket:[${inode}]`);
  } catch {
    return false;
  }
}

function linkOf(file: string): string {
  try {
    return fs.readlinkSync(file);
  } catch {
    return '';
  }
}
