import tls from 'node:tls';
import type { Engine } from '@streamcluster/worker';

/** A byte stream to a server, over the engine or over TLS. */
export interface Wire {
  write(bytes: Buffer): void;
  close(): void;
}

export interface WireHandler {
  onOpen(): void;
  onData(buf: Buffer, start: number, end: number): void;
  onClose(): void;
}

export type Dial = (handler: WireHandler) => Wire;

/** Plain TCP by the generator's engine. */
export function plainDial(engine: Engine, host: string, port: number): Dial {
  return (handler) =>
    engine.connect(host, port, {
      onConnect: () => handler.onOpen(),
      onData: (slab, start, end) => handler.onData(slab, start, end),
      onClose: () => handler.onClose(),
    });
}

/** The one suite that servers are compared with. */
const SUITE = 'TLS_AES_128_GCM_SHA256';

/** TLS 1.3 by Node, with one cipher for all servers; the certificate is not checked. */
export function tlsDial(host: string, port: number): Dial {
  return (handler) => {
    const socket = tls.connect({
      ...{ host, port, servername: 'localhost', ALPNProtocols: ['http/1.1'] },
      ...{ minVersion: 'TLSv1.3', ciphers: SUITE, rejectUnauthorized: false },
    });
    socket.on('secureConnect', () => handler.onOpen());
    socket.on('data', (data: Buffer) => handler.onData(data, 0, data.length));
    // What went wrong does not matter: 'close' follows, and the load counts it.
    socket.on('error', () => undefined);
    socket.on('close', () => handler.onClose());
    return {
      write: (bytes) => void socket.write(bytes),
      close: () => socket.destroy(),
    };
  };
}
