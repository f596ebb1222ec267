import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NatsServer } from '../cluster/testing/nats-server.ts';
import { client } from '../engine/testing/fixture.ts';
import { CredentialsVolume, TestAuthority } from '../engine/testing/pki.ts';
import { FfmpegPublisher, makeClip } from './testing/media-clients.ts';
import { RealWorker, waitFor } from './testing/real-worker.ts';

const TIMEOUT_MS = 60_000;

describe('workers with a certificate for users', { timeout: TIMEOUT_MS }, () => {
  let nats: NatsServer;
  let folder: string;
  let clip: string;
  let authority: TestAuthority;
  let volume: CredentialsVolume;
  let workers: RealWorker[] = [];
  let publisher: FfmpegPublisher | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sc-tls-'));
    clip = path.join(folder, 'clip.flv');
    makeClip(clip);
    authority = new TestAuthority('users');
    volume = new CredentialsVolume();
    nats = await NatsServer.start();
  }, TIMEOUT_MS);
  afterAll(async () => {
    await nats.close();
    authority.close();
    volume.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await publisher?.kill();
    await Promise.all(workers.map((worker) => worker.stop()));
    workers = [];
  });

  async function start(id: string, flags: Record<string, string> = {}): Promise<RealWorker> {
    const tls = { 'tls-dir': volume.folder };
    const worker = new RealWorker(id, { nats: nats.url, bucket: 'tls', ...tls, ...flags });
    workers.push(worker);
    return await worker.ready();
  }

  function write(...names: string[]): void {
    const { certificate, key } = authority.issue(...names);
    volume.write({ 'tls.crt': certificate, 'tls.key': key });
  }

  /** Bytes of an answer, by a client that verifies the certificate. */
  function read(worker: RealWorker, page: string, servername: string, bytes = 1): Promise<Buffer> {
    const port = worker.port('httpsPort');
    const options = { host: '127.0.0.1', port, path: page, servername, ca: authority.certificate };
    return new Promise((resolve, reject) => {
      const request = get({ ...options, agent: false }, (response) => {
        let got = Buffer.alloc(0);
        const done = (): void => {
          resolve(got);
          request.destroy();
        };
        response.on('error', () => undefined);
        response.on('end', done);
        response.on('data', (chunk: Buffer) => {
          got = Buffer.concat([got, chunk]);
          if (got.length >= bytes) done();
        });
      });
      request.on('error', reject);
    });
  }

  it('take RTMPS, serve HTTPS, and show a renewed certificate', async () => {
    write('one.test');
    const worker = await start('w-0');
    const url = `rtmps://127.0.0.1:${worker.port('rtmpsPort')}/live/news`;
    publisher = new FfmpegPublisher(clip, url);
    await worker.logged('publication opened');
    const flv = await read(worker, '/live/news.flv', 'one.test', 50_000);
    expect(flv.toString('latin1', 0, 3)).toBe('FLV');
    // Plain ports are as they were.
    expect((await fetch(worker.httpUrl('nothing'))).status).toBe(404);
    expect((await read(worker, '/nothing', 'one.test')).toString()).toContain('STREAM_NOT_FOUND');
    write('two.test');
    const renewed = (): Promise<true | undefined> =>
      read(worker, '/nothing', 'two.test').then(
        () => true,
        () => undefined,
      );
    await waitFor('the new certificate', renewed);
    await expect(read(worker, '/nothing', 'one.test')).rejects.toThrow(/altnames/);
    expect(worker.line('publication closed')).toBeUndefined();
  });

  it('say what came to the wrong port', async () => {
    write('one.test');
    const worker = await start('w-0');
    client(worker.port('httpsPort')).socket.end('GET / HTTP/1.1\r\n\r\n');
    const line = await worker.logged('TLS handshakes failed');
    expect(line).toMatchObject({ code: 'TLS_HANDSHAKE_FAILED', failures: 1, last: 'http request' });
    const text = await (await fetch(worker.adminUrl('metrics'))).text();
    expect(text).toContain('streamcluster_tls_handshake_failures_total 1\n');
  });

  it('share the port, and resume what the other one began', async () => {
    write('one.test');
    const first = await start('w-0');
    const port = String(first.port('httpsPort'));
    await start('w-1', { 'https-port': port });
    const ticket = path.join(folder, 'ticket');
    const visit = (...args: string[]): string =>
      execFileSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-ign_eof', ...args], {
        input: 'GET /nothing HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n',
        stdio: ['pipe', 'pipe', 'ignore'],
      }).toString();
    expect(visit('-sess_out', ticket)).toMatch(/^New, TLSv1\.3/m);
    for (let i = 0; i < 20; i += 1) expect(visit('-sess_in', ticket)).toMatch(/^Reused, TLSv1\.3/m);
    for (const worker of workers) {
      const text = await (await fetch(worker.adminUrl('metrics'))).text();
      expect(text).toMatch(/^streamcluster_tls_resumed_total [1-9]/m);
    }
  });

  it('end at once where there is none in the folder', async () => {
    const flags = { nats: nats.url, 'tls-dir': folder };
    const worker = new RealWorker('w-0', flags);
    workers.push(worker);
    expect(await worker.exited()).toBe(1);
    const fault = worker.line('worker failed');
    expect(fault).toMatchObject({ code: 'TLS_CERTIFICATE_INVALID' });
    expect(JSON.stringify(fault)).toContain('tls.crt');
  });
});
