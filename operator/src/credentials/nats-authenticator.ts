import { credsAuthenticator, type Authenticator } from '@nats-io/transport-node';

/** For a connection to NATS that takes the newest credentials whenever it connects. */
export function natsAuthenticator(creds: () => string): Authenticator {
  return (nonce) => credsAuthenticator(Buffer.from(creds()))(nonce);
}
