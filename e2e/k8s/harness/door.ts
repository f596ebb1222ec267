import { createHash } from 'node:crypto';
import { once } from 'node:events';
import tls from 'node:tls';
import { FlvViewer } from '../../src/clients/flv.ts';
import type { Certificate } from './certificate.ts';

const HTTP_PORT = 8080;
const HTTPS_PORT = 8443;

/** How a host lets people in to watch a stream: a worker's pod, or a Service. */
export class Door {
  readonly host: string;
  private readonly stream: string;
  private readonly httpPort: number;

  constructor(host: string, stream: string, httpPort = HTTP_PORT) {
    this.host = host;
    this.stream = stream;
    this.httpPort = httpPort;
  }

  /** A viewer who stays, with these parameters. */
  flv(query = ''): FlvViewer {
    return new FlvViewer({ host: this.host, port: this.httpPort, path: this.path(query) });
  }

  /** The same over TLS; it looks whether the server has this certificate. */
  secureFlv(query: string, certificate: Certificate, servername: string): FlvViewer {
    const proof = { ca: Buffer.from(certificate['tls.crt']), servername };
    return new FlvViewer({
      ...{ host: this.host, port: HTTPS_PORT, path: this.path(query), tls: proof },
    });
  }

  /** What somebody is answered who comes with these parameters: `200`, or `401 ACCESS_…`. */
  async answer(query: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const url = `http://${this.host}:${this.httpPort}${this.path(query)}`;
    const response = await fetch(url, { headers });
    if (response.status === 200) {
      await response.body?.cancel();
      return '200';
    }
    const { code = '' } = (await response.json()) as { code?: string };
    return `${response.status} ${code}`;
  }

  /** Fingerprint of the certificate that newcomers are shown. */
  async shownCertificate(servername: string): Promise<string> {
    const options = { host: this.host, port: HTTPS_PORT, servername, rejectUnauthorized: false };
    const socket = tls.connect(options);
    try {
      await once(socket, 'secureConnect');
      return fingerprint(socket.getPeerCertificate().raw);
    } finally {
      socket.destroy();
    }
  }

  private path(query: string): string {
    return `/${this.stream}.flv${query === '' ? '' : `?${query}`}`;
  }
}

export function fingerprintOf(certificate: Certificate): string {
  const text = certificate['tls.crt'].replace(/-----[A-Z ]+-----/g, '');
  return fingerprint(Buffer.from(text, 'base64'));
}

function fingerprint(der: Buffer): string {
  return createHash('sha256').update(der).digest('hex');
}
