import { createServer, type Server } from 'node:http';
import type { Logger } from 'pino';
import type { StreamAccess } from '../cluster/stream-access.ts';
import type { Engine } from '../engine/engine.ts';
import { FlvRoute } from '../protocols/flv/route.ts';
import { HlsRoute } from '../protocols/hls/route.ts';
import { HttpServer } from '../protocols/http/server.ts';
import { RtmpServer } from '../protocols/rtmp/server.ts';
import { WsFlvRoute } from '../protocols/ws-flv/route.ts';
import { listening } from './listen-hosts.ts';

export interface MediaPortsOptions {
  readonly engine: Engine;
  readonly streams: StreamAccess;
  readonly log: Logger;
  readonly counters: { count(reason: string): void };
  readonly hosts: readonly string[];
  readonly rtmpPort: number;
  readonly httpPort: number;
}

interface Servers {
  readonly rtmp: RtmpServer;
  readonly http: HttpServer;
}

/** The ports that users see, shared with other workers by SO_REUSEPORT. Opened
 * and closed by readiness and drain; connections outlive their listeners. */
export class MediaPorts {
  private readonly options: MediaPortsOptions;
  private readonly fallback: Server = createServer((_request, response) => {
    response.writeHead(404, { 'Content-Type': 'application/json' });
    response.end('{"code":"STREAM_NOT_FOUND","message":"no such path"}\n');
  });
  private current: Servers | undefined = undefined;
  private readonly former: Servers[] = [];
  private ports: { rtmp: number; http: number };

  constructor(options: MediaPortsOptions) {
    this.options = options;
    this.ports = { rtmp: options.rtmpPort, http: options.httpPort };
  }

  /** Throws PORT_IN_USE. Opened again, they have the same numbers. */
  open(): { rtmp: number; http: number } {
    if (this.current !== undefined) return this.ports;
    const { engine, streams, log, counters, hosts } = this.options;
    const base = { engine, log, counters, hosts, reusePort: true, paced: true };
    const rtmp = new RtmpServer({ ...base, streams, port: this.ports.rtmp });
    const routes = [
      new WsFlvRoute({ streams, log, counters }),
      new FlvRoute({ streams, log }),
      new HlsRoute({ streams }),
    ];
    const { fallback } = this;
    const http = new HttpServer({ ...base, routes, fallback, port: this.ports.http });
    this.current = { rtmp, http };
    listening(() => rtmp.start());
    listening(() => http.start());
    this.ports = { rtmp: rtmp.port, http: http.port };
    return this.ports;
  }

  /** Takes nobody new; those who are here stay. */
  stopAccepting(): void {
    if (this.current === undefined) return;
    this.current.rtmp.stopAccepting();
    this.current.http.drain();
    this.former.push(this.current);
    this.current = undefined;
  }

  close(): void {
    this.stopAccepting();
    for (const { rtmp, http } of this.former.splice(0)) {
      rtmp.close();
      http.close();
    }
  }
}
