import { describe, expect, it } from 'vitest';
import { Available } from './available.ts';
import type { ServerFactory, ServerKind } from './server/server.ts';
import { floor, ours } from './workloads/contenders.ts';

const factory = (kind: ServerKind, reason?: string): ServerFactory => ({
  kind,
  tasks: kind === 'nginx' ? ['playlist'] : ['flv', 'rtmp'],
  available: () => Promise.resolve(reason),
  start: () => Promise.reject(new Error('not here')),
});
const unused = () => Promise.reject(new Error('not run'));
const caseOf = (task: 'flv' | 'playlist') => ({
  ...{ key: '', title: '', unit: '', bars: [] },
  contenders: [ours({ task }, unused), floor({ task }, unused)],
});

describe('Available', () => {
  it('knows who is here, who can do what, and why others cannot', async () => {
    const all = [
      ...[factory('worker'), factory('floor'), factory('nginx'), factory('lal', 'no such package')],
      factory('nginx-rtmp', 'is not asked'),
    ];
    const available = await Available.among(all, (kind) => kind !== 'nginx-rtmp');
    expect(available.missing).toEqual(new Map([['lal', 'no such package']]));
    expect(available.peers('playlist')).toEqual(['nginx']);
    expect(available.peers('flv')).toEqual([]);
    expect(available.contenders(caseOf('flv')).map(({ name }) => name)).toEqual(['ours', 'floor']);
    expect(available.contenders(caseOf('playlist'))).toEqual([]);
  });

  it('runs floors alone where ours is not wanted', async () => {
    const available = await Available.among([factory('floor')], () => true);
    expect(available.contenders(caseOf('flv')).map(({ name }) => name)).toEqual(['floor']);
  });
});
