import tls from 'node:tls';
import type { Engine, TlsContext, TlsPair } from '../engine.ts';
import { collect, type Client } from './fixture.ts';
import type { KeyPair } from './pki.ts';

export const HTTP = ['http/1.1'];

export function pairOf({ certificate, key }: KeyPair): TlsPair {
  return { certificate: Buffer.from(certificate), key: Buffer.from(key) };
}

export function contextOf(engine: Engine, ...pairs: KeyPair[]): TlsContext {
  return engine.createTls({ certificates: pairs.map(pairOf) });
}

export interface TlsClient extends Client {
  readonly socket: tls.TLSSocket;
}

/** A client that believes whatever certificate it is shown, unless told otherwise. */
export function tlsClient(port: number, options: tls.ConnectionOptions = {}): TlsClient {
  const host = '127.0.0.1';
  return collect(tls.connect({ port, host, rejectUnauthorized: false, ...options }));
}

/** Empty where a session was resumed: no certificate is shown again. */
function subjectOf(socket: tls.TLSSocket): Partial<tls.Certificate> {
  const certificate: Partial<tls.PeerCertificate> = socket.getPeerCertificate();
  return certificate.subject ?? {};
}

function groupOf(socket: tls.TLSSocket): string | undefined {
  const { name } = (socket.getEphemeralKeyInfo() ?? {}) as Partial<tls.EphemeralKeyInfo>;
  return name;
}

/** What a handshake came to. */
interface Shaken {
  readonly name: string;
  readonly protocol: string | null;
  readonly cipher: string;
  /** Of the key exchange. */
  readonly group: string | undefined;
  readonly application: string | false | null;
  readonly isResumed: boolean;
  /** To resume with; undefined: no ticket came with the first bytes. */
  readonly session: Buffer | undefined;
}

/** Shakes hands, has `hello` echoed, and leaves; rejects with why it cannot. */
export function shake(port: number, options: tls.ConnectionOptions = {}): Promise<Shaken> {
  const { socket } = tlsClient(port, options);
  let session: Buffer | undefined;
  socket.on('session', (ticket) => {
    session = ticket;
  });
  socket.write('hello');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', () => {
      resolve({
        name: String(subjectOf(socket)['CN'] ?? ''),
        protocol: socket.getProtocol(),
        cipher: socket.getCipher().name,
        group: groupOf(socket),
        application: socket.alpnProtocol,
        isResumed: socket.isSessionReused(),
        session,
      });
      socket.end();
    });
  });
}
