import { spawn, type ChildProcess } from 'node:child_process';
import net from 'node:net';
import type { Clip } from '@streamcluster/bench';
import { WebSocket } from 'ws';
import type { TestCluster } from '../harness/cluster.ts';
import { holderOfConnection, serverOfClient } from '../harness/procfs.ts';
import { CheckedHls } from './checked-hls.ts';
import { flvReader, Received } from './received.ts';

export const PROTOCOLS = ['flv', 'ws-flv', 'rtmp', 'hls'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** A viewer that is served wherever the kernel takes it, and looks at all that it gets. */
export interface CheckedViewer {
  readonly received: Received;
  /** Process that serves it; undefined: not connected. */
  workerPid(): number | undefined;
  close(): void;
}

export interface ViewTarget {
  readonly cluster: TestCluster;
  /** Publishes the clip. */
  readonly stream: string;
  readonly clip: Clip;
}

export function openViewer(protocol: Protocol, target: ViewTarget): CheckedViewer {
  switch (protocol) {
    case 'flv':
      return new CheckedFlv(target);
    case 'ws-flv':
      return new CheckedWsFlv(target);
    case 'rtmp':
      return new CheckedRtmp(target);
    case 'hls':
      return new CheckedHls(target);
  }
}

const HEAD_END = '\r\n\r\n';

class CheckedFlv implements CheckedViewer {
  readonly received = new Received();
  private readonly target: ViewTarget;
  private readonly socket: net.Socket;
  private readonly read: (chunk: Buffer) => void;
  private head: Buffer | undefined = Buffer.alloc(0);

  constructor(target: ViewTarget) {
    const { cluster, stream, clip } = target;
    this.target = target;
    this.read = flvReader(clip, this.received);
    this.socket = net.connect(cluster.httpPort, '127.0.0.1');
    this.socket.write(`GET /${stream}.flv HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    this.socket.on('data', (chunk: Buffer) => this.push(chunk));
    this.socket.on('error', (error) => this.received.failed(error.message));
    this.socket.on('close', () => this.received.failed('closed'));
  }

  workerPid(): number | undefined {
    return holderOf(this.target.cluster, this.socket.localPort);
  }

  close(): void {
    this.received.leave();
    this.socket.destroy();
  }

  private push(chunk: Buffer): void {
    if (this.head === undefined) {
      this.read(chunk);
      return;
    }
    this.head = Buffer.concat([this.head, chunk]);
    const end = this.head.indexOf(HEAD_END);
    if (end < 0) return;
    const status = this.head.toString('latin1', 9, 12);
    if (status !== '200') this.received.failed(`answered ${status}`);
    else this.read(this.head.subarray(end + HEAD_END.length));
    this.head = undefined;
  }
}

class CheckedWsFlv implements CheckedViewer {
  readonly received = new Received();
  private readonly target: ViewTarget;
  private readonly socket: WebSocket;
  private localPort: number | undefined = undefined;

  constructor(target: ViewTarget) {
    const { cluster, stream, clip } = target;
    this.target = target;
    const read = flvReader(clip, this.received);
    this.socket = new WebSocket(cluster.wsUrl(stream), { perMessageDeflate: false });
    this.socket.binaryType = 'nodebuffer';
    this.socket.on('upgrade', ({ socket }) => (this.localPort = socket.localPort));
    this.socket.on('message', (data: Buffer) => read(data));
    this.socket.on('error', (error) => this.received.failed(error.message));
    this.socket.on('close', (code, reason) => {
      this.received.failed(`closed with ${code} ${reason.toString()}`);
    });
  }

  workerPid(): number | undefined {
    return holderOf(this.target.cluster, this.localPort);
  }

  close(): void {
    this.received.leave();
    this.socket.terminate();
  }
}

/** rtmpdump (librtmp), which hands on what it gets as FLV. */
class CheckedRtmp implements CheckedViewer {
  readonly received = new Received();
  private readonly target: ViewTarget;
  private readonly child: ChildProcess;

  constructor(target: ViewTarget) {
    const { cluster, stream, clip } = target;
    this.target = target;
    const args = ['-q', '-v', '-r', cluster.rtmpUrl(stream), '-o', '-'];
    this.child = spawn('rtmpdump', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.child.stdout?.on('data', flvReader(clip, this.received));
    this.child.on('error', (error) => this.received.failed(error.message));
    this.child.on('close', (code) =>
      this.received.failed(`rtmpdump ended with ${code ?? 'signal'}`),
    );
  }

  workerPid(): number | undefined {
    const { rtmpPort, workerPids } = served(this.target.cluster);
    return serverOfClient(this.child.pid ?? 0, rtmpPort, workerPids);
  }

  close(): void {
    this.received.leave();
    this.child.kill('SIGKILL');
  }
}

function served(cluster: TestCluster): { rtmpPort: number; workerPids: number[] } {
  return { rtmpPort: cluster.rtmpPort, workerPids: cluster.workerPids() };
}

function holderOf(cluster: TestCluster, localPort: number | undefined): number | undefined {
  if (localPort === undefined) return undefined;
  return holderOfConnection(cluster.httpPort, localPort, cluster.workerPids());
}
