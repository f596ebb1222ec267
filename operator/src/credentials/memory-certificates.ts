import type { experimental } from '@grpc/grpc-js';

type CertificateProvider = experimental.CertificateProvider;
type CaListener = experimental.CaCertificateUpdateListener;
type IdentityListener = experimental.IdentityCertificateUpdateListener;

/** A certificate in memory that servers and channels of grpc-js follow: what
 * connects later uses the newer one, what is connected stays. */
export class MemoryCertificates implements CertificateProvider {
  private readonly caListeners = new Set<CaListener>();
  private readonly identityListeners = new Set<IdentityListener>();
  private ca: experimental.CaCertificateUpdate | undefined = undefined;
  private identity: experimental.IdentityCertificateUpdate | undefined = undefined;

  setBundle(pem: string): void {
    this.ca = { caCertificate: Buffer.from(pem) };
    for (const listener of this.caListeners) listener(this.ca);
  }

  setIdentity(certificatePem: string, keyPem: string): void {
    this.identity = { certificate: Buffer.from(certificatePem), privateKey: Buffer.from(keyPem) };
    for (const listener of this.identityListeners) listener(this.identity);
  }

  /**
   * Tells what is there at once, because a channel that comes back from idle has
   * kept an old one, and once more in the next tick, because a server listens to
   * its credentials only after these have listened to us.
   */
  addCaCertificateListener(listener: CaListener): void {
    this.caListeners.add(listener);
    const tell = (): void => {
      if (this.ca !== undefined && this.caListeners.has(listener)) listener(this.ca);
    };
    tell();
    process.nextTick(tell);
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.caListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.identityListeners.add(listener);
    const tell = (): void => {
      if (this.identity !== undefined && this.identityListeners.has(listener)) {
        listener(this.identity);
      }
    };
    tell();
    process.nextTick(tell);
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.identityListeners.delete(listener);
  }
}
