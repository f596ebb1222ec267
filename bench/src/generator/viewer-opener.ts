import type { Engine } from '@streamcluster/worker';
import type { ServerUnderTest } from '../server/server.ts';
import { CountingRawViewer } from './raw-clients.ts';
import {
  CountingHttpViewer,
  CountingRtmpViewer,
  requestHead,
  type CountingViewer,
} from './viewer.ts';
import { tlsDial } from './wire.ts';
import { WireViewer } from './wire-viewer.ts';

export type Protocol = 'flv' | 'rtmp' | 'ws-flv' | 'https-flv';

interface Opening {
  readonly engine: Engine;
  readonly server: ServerUnderTest;
  readonly protocol: Protocol;
  readonly app: string;
  /** Viewers are dealt to these streams in turn. */
  readonly names: readonly string[];
}

type Open = (name: string) => CountingViewer;

const HOST = '127.0.0.1';

const OPENERS: Record<Protocol, (opening: Opening) => Open | undefined> = {
  flv: (opening) => overHttp(opening, false),
  'ws-flv': (opening) => overHttp(opening, true),
  rtmp: overRtmp,
  'https-flv': overTls,
};

/** How viewer number n gets to its stream. Throws when the server lacks the protocol. */
export function viewerOpener(opening: Opening): (number: number) => CountingViewer {
  const { server, protocol, names } = opening;
  const open = OPENERS[protocol](opening);
  if (open === undefined) throw new Error(`${server.kind} does not speak ${protocol}`);
  return (number) => open(names[number % names.length] ?? '');
}

function overHttp({ engine, server, app }: Opening, webSocket: boolean): Open | undefined {
  const { http: port } = server.ports;
  const pathOf = webSocket ? server.paths.wsFlv : server.paths.flv;
  if (port === undefined || pathOf === undefined) return undefined;
  const at = { engine, host: HOST, port, webSocket };
  return (name) => new CountingHttpViewer({ ...at, path: pathOf(app, name) });
}

/** A floor has a port of its own, on which nothing is said. */
function overRtmp({ engine, server, app }: Opening): Open | undefined {
  const { rtmp, raw } = server.ports;
  if (rtmp !== undefined) {
    return (name) => new CountingRtmpViewer({ engine, host: HOST, port: rtmp, app, name });
  }
  if (raw === undefined) return undefined;
  return () => new CountingRawViewer({ engine, host: HOST, port: raw });
}

function overTls({ server, app }: Opening): Open | undefined {
  const { https: port } = server.ports;
  const pathOf = server.paths.flv;
  if (port === undefined || pathOf === undefined) return undefined;
  const dial = tlsDial(HOST, port);
  return (name) => new WireViewer(dial, requestHead({ host: HOST, port, path: pathOf(app, name) }));
}
