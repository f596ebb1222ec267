import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../stream/clock.ts';
import { urlSignatureOf } from './credentials.ts';
import { readSecret, readTokenKeys } from './keys.ts';
import { checkSignedUrl } from './signed-url.ts';
import { visit } from './testing/visits.ts';
import { Tokens } from './tokens.ts';

const TEXT = fs.readFileSync(new URL('../../../docs/access.md', import.meta.url), 'utf8');

/** The first block of commands below a heading. */
function commands(heading: string): string {
  const section = TEXT.slice(TEXT.indexOf(`\n## ${heading}\n`));
  return /```sh\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
}

describe('the commands of docs/access.md', () => {
  let folder: string;

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'access-docs-'));
    run('Keys');
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  function run(heading: string): string {
    const node = path.dirname(process.execPath);
    const env = { ...process.env, PATH: `${node}:${process.env['PATH'] ?? ''}` };
    const options = { cwd: folder, env, encoding: 'utf8' } as const;
    return execFileSync('bash', ['-euc', `{ ${commands(heading)}\n} 2>/dev/null`], options).trim();
  }

  it('make tokens that are good', async () => {
    const keys = readTokenKeys(fs.readFileSync(path.join(folder, 'jwt.pem')));
    const tokens = new Tokens({
      ...{
        keys: () => keys,
        lookAgain: () => undefined,
        isWaiting: () => false,
        issuer: 'https://id.example.com',
        audience: 'media',
      },
      clock: realClock,
    });
    expect(await tokens.check(run('Tokens'))).toMatchObject({
      ...{ subject: 'ann', actions: ['publish', 'play'], streams: ['live/*'] },
    });
  });

  it('sign URLs that are good', () => {
    const key = readSecret(fs.readFileSync(path.join(folder, 'url-1')));
    const keys = { keys: [key], isWaiting: false };
    const { search } = new URL(run('Signed URLs'));
    const signature = urlSignatureOf({ query: search.slice(1), authorization: '', cookie: '' });
    const nowUnixMs = Date.now();
    expect(checkSignedUrl(visit(), signature!, keys, nowUnixMs)).toBeGreaterThan(nowUnixMs);
  });
});
