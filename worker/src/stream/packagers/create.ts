import type { Engine } from '../../engine/engine.ts';
import { RTMP_LOG_CHUNK_BYTES } from '../../formats/rtmp/message-type.ts';
import { PackagedLog, type LogKind } from '../packaged-log.ts';
import { FlvPackager } from './flv.ts';
import type { Packager } from './packager.ts';
import { RelayPackager } from './relay.ts';
import { RtmpPackager } from './rtmp.ts';
import { TsPackager } from './ts.ts';
import { WsFlvPackager } from './ws-flv.ts';

function createPackager(kind: LogKind): Packager {
  switch (kind) {
    case 'flv':
      return new FlvPackager();
    case 'ws-flv':
      return new WsFlvPackager();
    case 'rtmp':
      return new RtmpPackager();
    case 'relay':
      return new RelayPackager();
    case 'ts':
      return new TsPackager();
  }
}

/** An empty log of a kind. */
export function createPackagedLog(engine: Engine, kind: LogKind): PackagedLog {
  const packager = createPackager(kind);
  const options = kind === 'rtmp' ? { chunkBytes: RTMP_LOG_CHUNK_BYTES } : undefined;
  return new PackagedLog(kind, engine.createLog(packager.framing, options), packager);
}
