import type { Engine } from '@streamcluster/worker';
import type { ServerUnderTest } from '../server/server.ts';
import { CountingRawViewer } from './raw-clients.ts';
import { CountingHttpViewer, CountingRtmpViewer, requestHead, type CountingViewer } from './viewer.ts';
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

const HOST = '127.0.0.1';

/** How viewer number n gets to its stream. Throws when the server lacks the protocol. */
export function viewerOpener(opening: Opening): (number: number) => CountingViewer {
  const { engine, server, protocol, app, names } = opening;
  const nameOf = (number: number): string => names[number % names.length] ?? '';
  const { ports, paths } = server;
  if (protocol === 'rtmp' && ports.rtmp !== undefined) {
    const at = { engine, host: HOST, port: ports.rtmp, app };
    return (number) => new CountingRtmpViewer({ ...at, name: nameOf(number) });
  }
  if (protocol === 'https-flv' && ports.https !== undefined && paths.flv !== undefined) {
    const { https: port } = ports;
    const dial = tlsDial(HOST, port);
    const pathOf = paths.flv;
    return (number) =>
      new WireViewer(dial, requestHead({ host: HOST, port, path: pathOf(app, nameOf(number)) }));
  }
  const pathOf = protocol === 'ws-flv' ? paths.wsFlv : paths.flv;
  if (protocol !== 'rtmp' && ports.http !== undefined && pathOf !== undefined) {
    const at = { engine, host: HOST, port: ports.http, webSocket: protocol === 'ws-flv' };
    return (number) => new CountingHttpViewer({ ...at, path: pathOf(app, nameOf(number)) });
  }
  const { raw: port } = ports;
  if (port === undefined) throw new Error(`${server.kind} does not speak ${protocol}`);
  return () => new CountingRawViewer({ engine, host: HOST, port });
}
