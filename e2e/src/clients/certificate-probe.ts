import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectTls, type TlsTunnelOptions } from './tls-tunnel.ts';

const EVERY_MS = 100;

/** Connects again and again, and keeps which certificate it was shown when. */
export class CertificateProbe {
  connections = 0;
  readonly faults: string[] = [];
  private readonly options: TlsTunnelOptions;
  private readonly lastSeenMs = new Map<string, number>();
  private readonly probing: Promise<void>;
  private isOver = false;

  constructor(options: TlsTunnelOptions) {
    this.options = options;
    this.probing = this.probe();
  }

  /** When it was shown last, as Date.now(); undefined: never. */
  lastSeen(certificate: Buffer): number | undefined {
    return this.lastSeenMs.get(new X509Certificate(certificate).fingerprint256);
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.probing;
  }

  private async probe(): Promise<void> {
    while (!this.isOver) {
      try {
        const askedAtMs = Date.now();
        const socket = await connectTls(this.options);
        this.lastSeenMs.set(socket.getPeerCertificate().fingerprint256, askedAtMs);
        this.connections += 1;
        // To its end: a connection that is cut at once is a handshake that failed.
        await once(socket.resume().end(), 'close');
      } catch (error) {
        this.faults.push((error as Error).message);
      }
      await sleep(EVERY_MS);
    }
  }
}
