import type { LocalFlags } from './local/flags.ts';

/** What `make run` prints when all workers are ready. */
export function banner(flags: LocalFlags, workers: number, hasTls: boolean): string {
  const { apiHost, apiPort, rtmpPort, httpPort, file, runDir } = flags;
  const host = flags.listen[0] ?? '127.0.0.1';
  const media = `${host}:${httpPort}`;
  return `
Streamcluster is ready: ${workers} workers.

  publish     rtmp://${host}:${rtmpPort}/live/NAME     (OBS: server rtmp://${host}:${rtmpPort}/live, key NAME)
  play RTMP   rtmp://${host}:${rtmpPort}/live/NAME
       FLV    http://${media}/live/NAME.flv
       WS     ws://${media}/live/NAME.flv
       HLS    http://${media}/live/NAME.m3u8
${hasTls ? encrypted(flags) : ''}  page        http://${apiHost}:${apiPort}/
  API         http://${apiHost}:${apiPort}/api/v1/clusters

  Try it: make demo, in another terminal.
  Edit ${file} to change it; status and logs are in ${runDir}.
  Ctrl-C stops all of it, twice at once.
`;
}

function encrypted({ listen, rtmpsPort, httpsPort }: LocalFlags): string {
  const host = listen[0] ?? '127.0.0.1';
  return `  encrypted   rtmps://${host}:${rtmpsPort}/live/NAME, https://${host}:${httpsPort}/live/NAME.flv, wss://, .m3u8
`;
}
