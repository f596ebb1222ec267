import { describe, expect, it } from 'vitest';
import { lalConfig } from './lal.ts';
import { nginxConfig, nginxRtmpConfig } from './nginx-config.ts';
import { nodeMediaServerConfig } from './node-media-server.ts';

const FOLDER = '/memory/nginx';
const TLS = { certFile: '/c.pem', keyFile: '/k.pem' };

describe('nginxConfig()', () => {
  const plain = { folder: FOLDER, ports: { http: 8080 } };

  it('sends playlists in one call and segments from the file', () => {
    expect(nginxConfig({ task: 'playlist' }, plain, false)).toMatch(/sendfile off;/);
    expect(nginxConfig({ task: 'segment' }, plain, false)).toMatch(/sendfile on; tcp_nopush on;/);
  });

  it('writes nothing outside its folder', () => {
    const config = nginxConfig({ task: 'playlist' }, plain, false);
    const paths = [...config.matchAll(/(?:_path|pid|root) (\S+);/g)].map(([, path]) => path);
    expect(paths).toHaveLength(7);
    for (const path of paths) expect(path).toMatch(/^\/memory\/nginx\//);
  });

  it('keeps the rights of root only where it has them', () => {
    expect(nginxConfig({ task: 'playlist' }, plain, true)).toMatch(/^user root;/);
    expect(nginxConfig({ task: 'playlist' }, plain, false)).not.toMatch(/user/);
  });

  it('speaks TLS with the suite of all, on its own port', () => {
    const need = { task: 'https-segment', tls: TLS } as const;
    const config = nginxConfig(need, { folder: FOLDER, ports: { https: 8443 } }, false);
    expect(config).toMatch(/listen 127\.0\.0\.1:8443 ssl/);
    expect(config).toMatch(/Ciphersuites TLS_AES_128_GCM_SHA256;/);
    expect(config).toMatch(/ssl_certificate \/c\.pem;\s+ssl_certificate_key \/k\.pem;/);
  });
});

describe('nginxRtmpConfig()', () => {
  it('loads the module and takes publishers of any application that the bench names', () => {
    const place = { folder: FOLDER, ports: { rtmp: 1935 } };
    const config = nginxRtmpConfig(place, '/modules/rtmp.so', false);
    expect(config).toMatch(/^load_module \/modules\/rtmp\.so;/);
    expect(config).toMatch(/listen 127\.0\.0\.1:1935;/);
    expect(config).toMatch(/application bench \{\s+live on;/);
  });
});

describe('nodeMediaServerConfig()', () => {
  it('listens only where it is asked', () => {
    const plain = nodeMediaServerConfig({ task: 'flv' }, '/f', { rtmp: 1, http: 2 });
    expect(plain).toMatchObject({ bind: '127.0.0.1', rtmp: { port: 1 }, http: { port: 2 } });
    expect(plain).not.toHaveProperty('https');
    const need = { task: 'https-flv', tls: TLS } as const;
    const secure = nodeMediaServerConfig(need, '/f', { rtmp: 1, https: 3 });
    expect(secure).toMatchObject({ https: { port: 3, key: '/k.pem', cert: '/c.pem' } });
    expect(secure).not.toHaveProperty('http');
  });

  it('needs a certificate for TLS', () => {
    const need = { task: 'https-flv' } as const;
    expect(() => nodeMediaServerConfig(need, '/f', { rtmp: 1, https: 3 })).toThrow(/certificate/);
  });
});

describe('lalConfig()', () => {
  it('serves FLV on the ports there are, and nothing that costs besides', () => {
    expect(lalConfig({ task: 'flv' }, '/f', { rtmp: 1, http: 2 })).toMatchObject({
      rtmp: { addr: '127.0.0.1:1' },
      default_http: { http_listen_addr: '127.0.0.1:2' },
      httpflv: { enable: true, enable_https: false, url_pattern: '/' },
      hls: { enable: false },
    });
    const need = { task: 'https-flv', tls: TLS } as const;
    expect(lalConfig(need, '/f', { rtmp: 1, https: 3 })).toMatchObject({
      default_http: { https_listen_addr: '127.0.0.1:3', https_cert_file: '/c.pem' },
      httpflv: { enable: false, enable_https: true },
    });
  });
});
