import fs from 'node:fs';
import path from 'node:path';
import { NODE } from '../root.ts';
import type { ServerFactory, ServerNeed, ServerPorts } from '../server.ts';
import { peerProgram, startPeer, tlsOf, whyNoPeer } from './program.ts';

const HOST = '127.0.0.1';

/** Node-Media-Server, with the Node and the collector of our workers. */
export const nodeMediaServer: ServerFactory = {
  kind: 'node-media-server',
  tasks: ['flv', 'rtmp', 'ingest', 'https-flv'],
  available: () => whyNoPeer('node-media-server'),

  async start(need) {
    const [program = ''] = await peerProgram('node-media-server');
    return startPeer({
      kind: 'node-media-server',
      listens: ['rtmp', need.task === 'https-flv' ? 'https' : 'http'],
      paths: {
        flv: (app, name) => `/${app}/${name}.flv`,
        wsFlv: (app, name) => `/${app}/${name}.flv`,
      },
      prepare: (folder, ports) => {
        const file = path.join(folder, 'config.json');
        fs.writeFileSync(file, JSON.stringify(nodeMediaServerConfig(need, folder, ports)));
        return [NODE, '--single-threaded-gc', program, '--config', file];
      },
    });
  },
};

/** Media only: no console, no API, nobody to notify, nothing recorded. */
export function nodeMediaServerConfig(
  need: ServerNeed,
  folder: string,
  { rtmp, http, https }: ServerPorts,
): object {
  return {
    bind: HOST,
    store: { path: path.join(folder, 'data') },
    // A secret that is there is left alone.
    auth: { play: false, publish: false, secret: 'bench' },
    webadmin: { enable: false },
    record: { auto: false, path: path.join(folder, 'record') },
    rtmp: { port: rtmp },
    ...(http === undefined ? {} : { http: { port: http } }),
    ...(https === undefined
      ? {}
      : { https: { port: https, key: tlsOf(need).keyFile, cert: tlsOf(need).certFile } }),
  };
}
