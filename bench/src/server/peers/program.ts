import { execFile } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SERVER_CPU } from '../../measure/window.ts';
import { freePort } from '../free-port.ts';
import { ServerProcess } from '../process.ts';
import { ROOT } from '../root.ts';
import type {
  ServerKind,
  ServerNeed,
  ServerPaths,
  ServerPorts,
  ServerUnderTest,
  TlsFiles,
} from '../server.ts';
import { ProcessUnderTest } from '../under-test.ts';

const HOST = '127.0.0.1';
const READY_MS = 15_000;
const POLL_MS = 20;
const TMPFS = '/dev/shm';

/** Lines that scripts/peers/NAME.sh prints; it installs the peer if that is needed. */
export async function peerProgram(name: string): Promise<string[]> {
  const script = path.join(ROOT, 'scripts/peers', `${name}.sh`);
  const { stdout } = await promisify(execFile)(script, { encoding: 'utf8' });
  return stdout.trim().split('\n');
}

/** Undefined, or why the peer cannot be had. */
export async function whyNoPeer(name: string): Promise<string | undefined> {
  try {
    await peerProgram(name);
    return undefined;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    return stderr?.trim() ?? String(error);
  }
}

interface Peer {
  readonly kind: ServerKind;
  readonly paths: ServerPaths;
  /** Ports to choose; the server is ready once it listens on all. */
  readonly listens: readonly (keyof ServerPorts)[];
  /** Writes configuration into the folder; returns the command line. */
  readonly prepare: (folder: string, ports: ServerPorts) => readonly string[];
}

/** Starts a peer in a folder of its own, in memory, that goes when it stops. */
export async function startPeer(peer: Peer): Promise<ServerUnderTest> {
  const ports: Partial<Record<keyof ServerPorts, number>> = {};
  for (const port of peer.listens) ports[port] = await freePort();
  const parent = fs.existsSync(TMPFS) ? TMPFS : os.tmpdir();
  const folder = fs.mkdtempSync(path.join(parent, `bench-${peer.kind}-`));
  const remove = (): void => fs.rmSync(folder, { recursive: true, force: true });
  const child = new ServerProcess(peer.kind, SERVER_CPU, peer.prepare(folder, ports));
  try {
    for (const port of Object.values(ports)) await listening(port, child);
  } catch (error) {
    await child.stop();
    remove();
    throw error;
  }
  const { kind, paths } = peer;
  return new ProcessUnderTest({ kind, process: child, ports, paths, stopped: remove });
}

/** The files that a task over TLS cannot do without. */
export function tlsOf({ task, tls }: ServerNeed): TlsFiles {
  if (tls === undefined) throw new Error(`${task} needs a certificate`);
  return tls;
}

async function listening(port: number, child: ServerProcess): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (!(await accepts(port))) {
    if (child.hasEnded || performance.now() > deadline) {
      const said = child.lines.slice(-20).join('\n');
      throw new Error(`${child.name} does not listen on ${port}:\n${said}`);
    }
    await sleep(POLL_MS);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, HOST);
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
