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

/**
 * Which of the server's processes a client process is connected to. Undefined
 * while it is not.
 */
export function serverOfClient(
  clientPid: number,
  serverPort: number,
  pids: readonly number[],
): number | undefined {
  const remote = `:${hexPort(serverPort)}`;
  for (const row of tcpRows()) {
    if (!row.remote.endsWith(remote) || !holdsSocket(clientPid, row.inode)) continue;
    const clientPort = Number.parseInt(row.local.slice(row.local.lastIndexOf(':') + 1), 16);
    return holderOfConnection(serverPort, clientPort, pids);
  }
  return undefined;
}

interface TcpRow {
  readonly local: string;
  readonly remote: string;
  readonly inode: string;
}

/** Sockets of this machine that some process holds. */
function tcpRows(): TcpRow[] {
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    fs.readFileSync(table, 'utf8').split('\n').slice(1),
  );
  const rows: TcpRow[] = [];
  for (const line of lines) {
    const [, local = '', remote = '', , , , , , , inode = '0'] = line.trim().split(/\s+/);
    if (inode !== '0') rows.push({ local, remote, inode });
  }
  return rows;
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

function socketInode(localPort: number, remotePort: number): string | undefined {
  const [local, remote] = [`:${hexPort(localPort)}`, `:${hexPort(remotePort)}`];
  return tcpRows().find((row) => row.local.endsWith(local) && row.remote.endsWith(remote))?.inode;
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
