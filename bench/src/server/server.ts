/** Programs that can be under test, each with one factory. */
export type ServerKind =
  | 'worker'
  /** Ours of the revision before players of HLS had sessions. */
  | 'worker-before-sessions'
  | 'floor'
  | 'nginx-rtmp'
  | 'nginx'
  | 'node-media-server'
  | 'lal';

/** What a server is to do; one server does one thing in a run. */
export type ServerTask =
  /** RTMP in, HTTP-FLV (and, but for the floor, WS-FLV) out. */
  | 'flv'
  /** RTMP in and out. */
  | 'rtmp'
  /** RTMP in, nobody watches. */
  | 'ingest'
  /** Playlists of `bodyBytes`. */
  | 'playlist'
  /** Segments of `bodyBytes`. */
  | 'segment'
  /** RTMP in, players of HLS. */
  | 'hls'
  /** As flv and segment, over TLS. */
  | 'https-flv'
  | 'https-segment';

/** What a workload needs of a server. */
export interface ServerNeed {
  readonly task: ServerTask;
  /** A fixed tick of sending; undefined: what the server does by itself. */
  readonly sendTickMs?: number;
  /** The same of reading what publishers send. */
  readonly readTickMs?: number;
  /** Media that a floor repeats instead of a stream; undefined: a pattern. */
  readonly clipFile?: string;
  /** Of one stream: what a floor writes by itself. */
  readonly bitsPerSecond?: number;
  /** Of one playlist or segment that a server has before it starts. */
  readonly bodyBytes?: number;
  /** PEM files, for the tasks over TLS. */
  readonly tls?: TlsFiles;
  /** Streams that a floor writes; 1 by default. */
  readonly streams?: number;
  /** Media of each stream that a floor keeps; 10 s by default. */
  readonly keepMs?: number;
  /** A floor sends by send() instead of sendfile(). */
  readonly isCopying?: boolean;
}

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Ports of loopback; undefined: the server does not speak that. */
export interface ServerPorts {
  readonly rtmp?: number;
  readonly http?: number;
  readonly https?: number;
  readonly rtmps?: number;
  /** TCP without a protocol, of a floor: see bench/native/README.md. */
  readonly raw?: number;
}

/** Paths of a stream over HTTP; undefined: the server does not have that. */
export interface ServerPaths {
  readonly flv?: (app: string, name: string) => string;
  readonly wsFlv?: (app: string, name: string) => string;
  readonly playlist?: (app: string, name: string) => string;
  /** Of segment n from 0; a server with files has the same bytes in each. */
  readonly segment?: (app: string, name: string, n: number) => string;
}

/** Cumulative since the server started, where known. */
export interface ServerCounters {
  readonly sendCalls?: number;
  readonly readCalls?: number;
  readonly bytesSent?: number;
  readonly bytesReceived?: number;
  /** Viewers that were closed for being too slow. */
  readonly lost?: number;
}

/** A server on the CPU under test. */
export interface ServerUnderTest {
  readonly kind: ServerKind;
  /** Of its first process. */
  readonly pid: number;
  readonly ports: ServerPorts;
  readonly paths: ServerPaths;
  /** Of all its processes. */
  residentBytes(): number;
  /** Of all its processes; without softirq work in the kernel's idle time. */
  cpuMs(): number;
  counters(): Promise<ServerCounters>;
  /** Resolves once every process has ended. */
  stop(): Promise<void>;
}

export interface ServerFactory {
  readonly kind: ServerKind;
  /** Tasks that this kind can do. */
  readonly tasks: readonly ServerTask[];
  /** Undefined: can start here; else a sentence why not. */
  available(): Promise<string | undefined>;
  /** Rejects when the server does not become ready, or cannot do the task. */
  start(need: ServerNeed): Promise<ServerUnderTest>;
}
