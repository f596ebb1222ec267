import type { ServerNeed, ServerPorts } from '../server.ts';

/** Of every cipher that TLS 1.3 has, the one that all servers are compared with. */
const TLS_SUITE = 'TLS_AES_128_GCM_SHA256';

interface Place {
  /** Where everything is that nginx writes or serves. */
  readonly folder: string;
  readonly ports: ServerPorts;
}

/**
 * Static files, as nginx serves them best on one CPU. Both tasks keep descriptors
 * open as long as a playlist stands.
 *
 * - Playlists: `sendfile off`: header and body leave in one writev() behind one
 *   pread(); with sendfile they are two calls and two packets, or four calls
 *   with tcp_nopush.
 * - Segments: sendfile, and tcp_nopush so that the header does not get a packet
 *   of its own. Over TLS nginx reads the file into output_buffers; larger ones
 *   than by default make fewer calls.
 */
export function nginxConfig(need: ServerNeed, place: Place, isRoot: boolean): string {
  const { folder, ports } = place;
  const sendfile = need.task === 'segment' ? 'sendfile on; tcp_nopush on;' : 'sendfile off;';
  return `${common(folder, isRoot)}
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join('\n  ')}
  access_log off;
  default_type application/octet-stream;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  open_file_cache max=1000 inactive=1h;
  open_file_cache_valid 2s;
  ${sendfile}
  server {
    root ${folder}/www;
    ${listen(need, ports)}
  }
}
`;
}

function listen({ tls }: ServerNeed, { http, https }: ServerPorts): string {
  if (https === undefined || tls === undefined) return `listen 127.0.0.1:${http} backlog=4096;`;
  return `listen 127.0.0.1:${https} ssl backlog=4096;
    ssl_certificate ${tls.certFile};
    ssl_certificate_key ${tls.keyFile};
    ssl_protocols TLSv1.3;
    ssl_conf_command Ciphersuites ${TLS_SUITE};
    ssl_session_tickets on;
    ssl_buffer_size 16k;
    output_buffers 2 128k;`;
}

/**
 * RTMP. nginx-rtmp sends each chunk with a call of its own, so chunks are as
 * large as most pictures are; Debian's build has no other way to send fewer.
 */
export function nginxRtmpConfig({ folder, ports }: Place, module: string, isRoot: boolean): string {
  return `load_module ${module};
${common(folder, isRoot)}
rtmp {
  access_log off;
  server {
    listen 127.0.0.1:${ports.rtmp};
    chunk_size 65536;
    out_queue 1024;
    application bench {
      live on;
    }
  }
}
`;
}

/** nginx drops its rights if started by root, and could then not read the folder. */
function common(folder: string, isRoot: boolean): string {
  return `${isRoot ? 'user root;\n' : ''}daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
pid ${folder}/nginx.pid;
error_log stderr warn;
events {
  worker_connections 32768;
}`;
}
