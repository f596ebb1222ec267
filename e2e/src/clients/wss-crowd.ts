import type { Clip } from '@streamcluster/bench';
import { WebSocket } from 'ws';
import { flvReader, Received } from './received.ts';

/** WebSocket-FLV viewers over TLS, each of whom compares every tag with the clip. */
export class WssCrowd {
  private readonly viewers: { socket: WebSocket; received: Received }[] = [];

  constructor(urls: readonly string[], clip: Clip, trusted: readonly Buffer[]) {
    for (const url of urls) {
      const received = new Received();
      const socket = new WebSocket(url, { perMessageDeflate: false, ca: [...trusted] });
      const read = flvReader(clip, received);
      socket.binaryType = 'nodebuffer';
      socket.on('message', (data: Buffer) => read(data));
      socket.on('error', (error) => received.failed(error.message));
      socket.on('close', (code) => received.failed(`closed with ${code}`));
      this.viewers.push({ socket, received });
    }
  }

  /** Each has seen something, or was refused. */
  get isComplete(): boolean {
    return this.viewers.every(({ received: { startMs, fault } }) => {
      return startMs !== undefined || fault !== undefined;
    });
  }

  /** What went wrong, one a viewer. */
  get faults(): string[] {
    return this.viewers.flatMap(({ received }) => received.fault ?? []);
  }

  get longestGapMs(): number {
    return Math.max(...this.viewers.map(({ received }) => received.longestGapMs));
  }

  leave(): void {
    for (const { socket, received } of this.viewers) {
      received.leave();
      socket.terminate();
    }
  }
}
