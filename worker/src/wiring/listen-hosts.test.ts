import { connect } from 'node:net';
import { once } from 'node:events';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connection, Engine, ListenOptions } from '../engine/engine.ts';
import { createEngine, DEFAULT_ENGINE_OPTIONS } from '../engine/native.ts';
import { WorkerError } from '../errors.ts';
import { usableHosts } from './listen-hosts.ts';

const log = pino({ level: 'silent' });
const MIB = 1024 * 1024;

describe('usableHosts', () => {
  let engine: Engine;

  beforeEach(() => {
    const sizes = { arenaBytes: 64 * MIB, arenaCapBytes: 32 * MIB, maxConnections: 16 };
    engine = createEngine({ ...DEFAULT_ENGINE_OPTIONS, ...sizes });
  });
  afterEach(() => engine.close());

  function withoutIpv6(): Engine {
    return Object.assign(Object.create(engine) as Engine, {
      listen(options: ListenOptions) {
        const isIpv6 = options.host.includes(':');
        if (isIpv6) throw new WorkerError('ENGINE_LISTEN', '', { cause: 'EAFNOSUPPORT' });
        return engine.listen(options);
      },
    });
  }

  it('leaves out what a socket of both families takes', () => {
    expect(usableHosts(engine, ['0.0.0.0', '::'], log)).toEqual(['::']);
    expect(usableHosts(engine, ['127.0.0.1', '::1'], log)).toEqual(['127.0.0.1', '::1']);
  });

  it('leaves out IPv6 where there is none', () => {
    expect(usableHosts(withoutIpv6(), ['0.0.0.0', '::'], log)).toEqual(['0.0.0.0']);
  });

  it('answers both families on one port', async () => {
    const remotes: string[] = [];
    const onAccept = (connection: Connection): void => void remotes.push(connection.remoteAddress);
    let port = 0;
    for (const host of usableHosts(engine, ['0.0.0.0', '::'], log)) {
      port = engine.listen({ host, port, reusePort: true, onAccept }).port;
    }
    for (const host of ['127.0.0.1', '::1']) {
      const socket = connect(port, host);
      await once(socket, 'connect');
      socket.destroy();
    }
    await expect.poll(() => remotes).toEqual(['127.0.0.1', '::1']);
  });
});
