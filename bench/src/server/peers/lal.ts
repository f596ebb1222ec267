import fs from 'node:fs';
import path from 'node:path';
import type { ServerFactory, ServerNeed, ServerPorts } from '../server.ts';
import { peerProgram, startPeer, tlsOf, whyNoPeer } from './program.ts';

const HOST = '127.0.0.1';
const LOG_WARNINGS = 3;

/** lal, a media server in Go. */
export const lal: ServerFactory = {
  kind: 'lal',
  tasks: ['flv', 'rtmp', 'ingest', 'https-flv'],
  available: () => whyNoPeer('lal'),

  async start(need) {
    const [program = ''] = await peerProgram('lal');
    return startPeer({
      kind: 'lal',
      listens: ['rtmp', need.task === 'https-flv' ? 'https' : 'http'],
      paths: {
        flv: (app, name) => `/${app}/${name}.flv`,
        wsFlv: (app, name) => `/${app}/${name}.flv`,
      },
      prepare: (folder, ports) => {
        const file = path.join(folder, 'lal.json');
        fs.writeFileSync(file, JSON.stringify(lalConfig(need, folder, ports)));
        return [program, '-c', file, '-p', folder];
      },
    });
  },
};

/**
 * RTMP and FLV only. One GOP is kept, so that viewers start as with us. Writes
 * are not merged: with more than one RTMP viewer only the first gets those.
 */
export function lalConfig(need: ServerNeed, folder: string, ports: ServerPorts): object {
  const off = { enable: false };
  return {
    conf_version: 'v0.4.1',
    rtmp: {
      enable: true,
      addr: `${HOST}:${ports.rtmp}`,
      gop_num: 1,
      merge_write_size: 0,
    },
    default_http: {
      http_listen_addr: `${HOST}:${ports.http}`,
      ...(ports.https === undefined
        ? {}
        : {
            https_listen_addr: `${HOST}:${ports.https}`,
            https_cert_file: tlsOf(need).certFile,
            https_key_file: tlsOf(need).keyFile,
          }),
    },
    httpflv: {
      enable: ports.http !== undefined,
      enable_https: ports.https !== undefined,
      url_pattern: '/',
      gop_num: 1,
    },
    hls: { ...off, enable_https: false },
    httpts: { ...off, enable_https: false },
    rtsp: off,
    record: { enable_flv: false, enable_mpegts: false },
    relay_push: off,
    static_relay_pull: off,
    http_api: off,
    http_notify: off,
    pprof: off,
    log: { level: LOG_WARNINGS, is_to_stdout: true, filename: path.join(folder, 'lal.log') },
  };
}
