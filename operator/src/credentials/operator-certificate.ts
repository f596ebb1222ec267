import { experimental, type ChannelCredentials, type ServerCredentials } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { AuthorityView } from './authority.ts';
import { issueLeaf } from './issue.ts';
import { MemoryCertificates } from './memory-certificates.ts';
import { OPERATOR_NAME } from './names.ts';
import type { SecretData } from './secret-store.ts';
import { leafFault } from './worker-certificate.ts';

/**
 * This operator's own certificate. It is made anew by every process, because
 * it is nowhere but in memory; servers and channels follow it.
 */
export class OperatorCertificate {
  /** For OperatorService: refuses whoever shows no certificate of ours. */
  readonly server: ServerCredentials;
  /** For calls to workers. */
  readonly channel: ChannelCredentials;
  private readonly log: Logger;
  private readonly certificates = new MemoryCertificates();
  private data: SecretData = {};
  private bundle = '';

  constructor(log: Logger) {
    this.log = log;
    const { certificates } = this;
    this.server = experimental.createCertificateProviderServerCredentials(
      certificates,
      certificates,
      true,
    );
    this.channel = experimental.createCertificateProviderChannelCredentials(
      certificates,
      certificates,
    );
  }

  /** To be called after every step of the CA. Before the first, nobody gets in or out. */
  async refresh(view: AuthorityView, nowMs: number): Promise<void> {
    const { certificates, data } = this;
    if (this.bundle !== view.bundle) {
      this.bundle = view.bundle;
      certificates.setBundle(view.bundle);
    }
    const reason = leafFault({ data, names: [OPERATOR_NAME], view, nowMs });
    if (reason === undefined) return;
    const leaf = await issueLeaf({
      signer: view.signer,
      commonName: 'streamcluster-operator',
      dnsNames: [OPERATOR_NAME],
      lifetimeMs: view.leafLifetimeMs,
      nowMs,
    });
    this.data = { 'tls.crt': leaf.certificatePem, 'tls.key': leaf.keyPem };
    certificates.setIdentity(leaf.certificatePem, leaf.keyPem);
    this.log.info({ reason, notAfterUnixMs: leaf.notAfterMs }, 'certificate of the operator made');
  }
}
