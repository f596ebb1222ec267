import fs from 'node:fs';
import path from 'node:path';
import YAML from 'yaml';

export interface Credentials {
  readonly server: string;
  readonly caFile: string;
  readonly token: string;
  readonly user: string;
}

/** Writes a kubeconfig that only its owner can read; its path. */
export function writeKubeconfig(file: string, credentials: Credentials): string {
  const { server, caFile, token, user } = credentials;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: {
          server,
          // As data, so that the file can be moved.
          'certificate-authority-data': fs.readFileSync(caFile).toString('base64'),
        },
      },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    'current-context': 'test',
  };
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, YAML.stringify(config), { mode: 0o600 });
  return file;
}
