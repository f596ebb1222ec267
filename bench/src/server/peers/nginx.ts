import fs from 'node:fs';
import path from 'node:path';
import type { ServerFactory, ServerNeed, ServerUnderTest } from '../server.ts';
import { nginxConfig, nginxRtmpConfig } from './nginx-config.ts';
import { peerProgram, startPeer, tlsOf, whyNoPeer } from './program.ts';

const CONFIG = 'nginx.conf';
const DEFAULT_BODY_BYTES = { playlist: 400, segment: 524_288 };

/** nginx with files in memory: what a packager beside it would have written. */
export const nginx: ServerFactory = {
  kind: 'nginx',
  tasks: ['playlist', 'segment', 'https-segment'],
  available: () => whyNoPeer('nginx'),

  async start(need) {
    const [program = ''] = await peerProgram('nginx');
    const isTls = need.task === 'https-segment';
    if (isTls) tlsOf(need);
    return startPeer({
      kind: 'nginx',
      listens: [isTls ? 'https' : 'http'],
      paths: { playlist: () => '/body', segment: () => '/body' },
      prepare: (folder, ports) => {
        fs.mkdirSync(path.join(folder, 'www'));
        fs.writeFileSync(path.join(folder, 'www/body'), body(need));
        return command(program, folder, nginxConfig(need, { folder, ports }, isRoot()));
      },
    });
  },
};

/** nginx with nginx-rtmp (Debian's libnginx-mod-rtmp). */
export const nginxRtmp: ServerFactory = {
  kind: 'nginx-rtmp',
  tasks: ['rtmp', 'ingest'],
  available: () => whyNoPeer('nginx'),

  async start(): Promise<ServerUnderTest> {
    const [program = '', module = ''] = await peerProgram('nginx');
    return startPeer({
      kind: 'nginx-rtmp',
      listens: ['rtmp'],
      paths: {},
      prepare: (folder, ports) =>
        command(program, folder, nginxRtmpConfig({ folder, ports }, module, isRoot())),
    });
  },
};

function command(program: string, folder: string, config: string): string[] {
  const file = path.join(folder, CONFIG);
  fs.writeFileSync(file, config);
  return [program, '-p', folder, '-e', 'stderr', '-c', file];
}

function body({ task, bodyBytes }: ServerNeed): Buffer {
  const bytes = DEFAULT_BODY_BYTES[task === 'playlist' ? 'playlist' : 'segment'];
  return Buffer.alloc(bodyBytes ?? bytes, '#EXTM3U\n');
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
