import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { TestClient } from '../../protocols/rtmp/testing/test-client.ts';
import { waitFor } from './real-worker.ts';

/** Publishes without media, which keeps a publication open for a while. */
export class RtmpPublisher {
  isClosed = false;
  private readonly socket: Socket;
  private readonly client: TestClient;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.client = new TestClient((bytes) => socket.write(bytes));
    socket.on('data', (bytes) => this.client.receive(bytes));
    socket.on('close', () => (this.isClosed = true));
    socket.on('error', () => undefined);
  }

  /** Resolves when the worker has said that it may send; its claim follows. */
  static async start(port: number, app: string, name: string): Promise<RtmpPublisher> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const publisher = new RtmpPublisher(socket);
    const { client } = publisher;
    client.start();
    await waitFor('the handshake', () => client.isShaken || undefined);
    client.publish(app, name);
    await waitFor('the publication', () =>
      client.heard.find((message) => message.includes('NetStream.Publish.Start')),
    );
    return publisher;
  }

  close(): void {
    this.socket.destroy();
  }
}
