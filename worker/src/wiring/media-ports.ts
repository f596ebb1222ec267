import { createServer, type Server } from 'node:http';
import type { Logger } from 'pino';
import type { TrustedProxies } from '../access/trusted-proxies.ts';
import type { StreamAccess } from '../cluster/stream-access.ts';
import type { Engine, ListenOptions, TlsContext } from '../engine/engine.ts';
import { FlvRoute } from '../protocols/flv/route.ts';
import { HlsRoute } from '../protocols/hls/route.ts';
import { HttpServer, type HttpServerOptions } from '../protocols/http/server.ts';
import { RtmpServer } from '../protocols/rtmp/server.ts';
import { WsFlvRoute } from '../protocols/ws-flv/route.ts';
import type { SegmentKeys } from '../sessions/segment-keys.ts';
import type { Visitors } from '../sessions/visitors.ts';
import { realClock } from '../stream/clock.ts';
import { listening } from './listen-hosts.ts';
import { proxied } from './proxied-listener.ts';

export interface MediaPortsOptions {
  readonly engine: Engine;
  readonly streams: StreamAccess;
  readonly visitors: Visitors;
  /** Who is believed when he says whom he passes on. */
  readonly trust: TrustedProxies;
  readonly segmentKeys: SegmentKeys;
  readonly log: Logger;
  readonly counters: { count(reason: string): void };
  /** Share of the players that ask again and again and should go elsewhere now. */
  readonly shedShare: () => number;
  readonly hosts: readonly string[];
  readonly rtmpPort: number;
  readonly httpPort: number;
  /** Opens a further HTTP port, and one of HTTPS, that no other worker has. */
  readonly hasOwnHttp?: boolean;
  readonly hasOwnHttps?: boolean;
  /** Undefined: there is no certificate, nothing is encrypted. */
  readonly secure?: SecurePortsOptions | undefined;
}

export interface SecurePortsOptions {
  readonly rtmpsPort: number;
  readonly httpsPort: number;
  readonly rtmps: TlsContext;
  readonly https: TlsContext;
}

/** Numbers of the ports that are open, as named in the log. */
export interface OpenPorts {
  readonly rtmpPort: number;
  readonly httpPort: number;
  readonly rtmpsPort?: number;
  readonly httpsPort?: number;
  readonly ownHttpPort?: number;
  readonly ownHttpsPort?: number;
}

type Listening = Pick<Engine, 'listen'>;
type Name = keyof OpenPorts;
type PortOptions = Pick<
  HttpServerOptions,
  'log' | 'counters' | 'hosts' | 'port' | 'reusePort' | 'paced'
>;

/** All others are shared. */
const OWN: ReadonlySet<Name> = new Set(['ownHttpPort', 'ownHttpsPort']);

interface Door {
  readonly name: Name;
  readonly server: RtmpServer | HttpServer;
}

/** The ports that users see, shared with other workers by SO_REUSEPORT. Opened
 * and closed by readiness and drain; connections outlive their listeners. */
export class MediaPorts {
  private readonly options: MediaPortsOptions;
  private readonly fallback: Server = createServer((_request, response) => {
    response.writeHead(404, { 'Content-Type': 'application/json' });
    response.end('{"code":"STREAM_NOT_FOUND","message":"no such path"}\n');
  });
  private current: readonly Door[] | undefined = undefined;
  private readonly former: Door[] = [];
  private ports: OpenPorts;

  constructor(options: MediaPortsOptions) {
    const { rtmpPort, httpPort, secure } = options;
    this.options = options;
    this.ports = { rtmpPort, httpPort };
    if (secure === undefined) return;
    const { rtmpsPort, httpsPort } = secure;
    this.ports = { ...this.ports, rtmpsPort, httpsPort };
  }

  /** As far as they are open. */
  get numbers(): OpenPorts {
    return this.ports;
  }

  /** Throws PORT_IN_USE. Opened again, they have the same numbers. */
  open(): OpenPorts {
    if (this.current !== undefined) return this.ports;
    const { secure, hasOwnHttp, hasOwnHttps } = this.options;
    const engine = proxied(this.options.engine, { ...this.options, clock: realClock });
    const doors = [this.rtmp('rtmpPort', engine), this.http('httpPort', engine)];
    if (hasOwnHttp === true) doors.push(this.http('ownHttpPort', engine));
    if (secure !== undefined) {
      const https = encrypted(engine, secure.https);
      if (hasOwnHttps === true) doors.push(this.http('ownHttpsPort', https));
      doors.push(this.rtmp('rtmpsPort', encrypted(engine, secure.rtmps)));
      doors.push(this.http('httpsPort', https));
    }
    this.current = doors;
    for (const { server } of doors) listening(() => server.start());
    for (const { name, server } of doors) this.ports = { ...this.ports, [name]: server.port };
    return this.ports;
  }

  /** Takes nobody new; those who are here stay. */
  stopAccepting(): void {
    if (this.current === undefined) return;
    for (const { server } of this.current) server.stopAccepting();
    this.former.push(...this.current);
    this.current = undefined;
  }

  /** Whether newcomers may come to the ports that other workers have, too; those who
   * are here notice nothing. Throws PORT_IN_USE. */
  share(isSharing: boolean): void {
    for (const { name, server } of this.current ?? []) {
      if (OWN.has(name)) continue;
      if (isSharing) listening(() => server.resume());
      else server.pause();
    }
  }

  /** Players that were asked to go elsewhere. */
  get shedTotal(): number {
    const doors = [...(this.current ?? []), ...this.former];
    return doors.reduce(
      (sum, { server }) => sum + (server instanceof HttpServer ? server.shedTotal : 0),
      0,
    );
  }

  close(): void {
    this.stopAccepting();
    for (const { server } of this.former.splice(0)) server.close();
  }

  private rtmp(name: Name, engine: Listening): Door {
    const { streams, visitors } = this.options;
    const server = new RtmpServer({ ...this.base(name), engine, streams, visitors });
    return { name, server };
  }

  private http(name: Name, engine: Listening): Door {
    const { streams, visitors, segmentKeys, trust, log, counters, shedShare } = this.options;
    const routes = [
      new WsFlvRoute({ streams, visitors, log, counters }),
      new FlvRoute({ streams, visitors }),
      new HlsRoute({ streams, visitors, segmentKeys }),
    ];
    const { fallback } = this;
    const options = { ...this.base(name), engine, routes, fallback, shedShare, trust };
    return { name, server: new HttpServer(options) };
  }

  private base(name: Name): PortOptions {
    const { log, counters, hosts } = this.options;
    const reusePort = !OWN.has(name);
    return { log, counters, hosts, port: this.ports[name] ?? 0, reusePort, paced: true };
  }
}

/** The same engine, as servers that know nothing of TLS see it. */
function encrypted(engine: Listening, tls: TlsContext): Listening {
  return { listen: (options: ListenOptions) => engine.listen({ ...options, tls }) };
}
