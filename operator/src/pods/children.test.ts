import { beforeEach, describe, expect, it } from 'vitest';
import { KubeError, resources, type KubeClient, type Service, type Stored } from '../kube/mod.ts';
import { usersService } from '../specs/services.ts';
import { testResource } from '../specs/testing/resource.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Children, type Child } from './children.ts';

describe('Children', () => {
  const object = usersService(testResource());
  let clock: ManualClock;
  let children: Children;
  let child: Child<Service>;
  let calls: string[];
  /** What the API server has. */
  let stored: Stored<Service> | undefined;
  /** What the cache has: that of others has no label of ours, so it is never there. */
  let cached: Stored<Service> | undefined;
  beforeEach(() => {
    clock = new ManualClock();
    calls = [];
    stored = undefined;
    cached = undefined;
    const keep = (made: Service, version: string): Stored<Service> => {
      const metadata = { ...made.metadata, uid: 'service', resourceVersion: version };
      stored = { ...made, metadata } as Stored<Service>;
      cached = stored;
      return stored;
    };
    const client = {
      create: (_: unknown, made: Service) => {
        calls.push('create');
        if (stored === undefined) return Promise.resolve(keep(made, '1'));
        return Promise.reject(KubeError.fromAnswer(409, '{"reason":"AlreadyExists"}'));
      },
      get: () => {
        calls.push('get');
        return Promise.resolve(stored);
      },
      adopt: () => {
        calls.push('adopt');
        return Promise.resolve();
      },
      apply: (_: unknown, made: Service) => {
        calls.push('apply');
        return Promise.resolve(keep(made, '2'));
      },
    } as unknown as KubeClient;
    children = new Children(client, 'uid-1', clock);
    const informer = { get: () => cached } as unknown as Child<Service>['informer'];
    child = { resource: resources.services, informer, object };
  });

  it('writes once, and again when somebody changed or deleted it', async () => {
    await children.ensure(child);
    await children.ensure(child);
    expect(calls).toEqual(['create']);
    cached = { ...cached!, metadata: { ...cached!.metadata, resourceVersion: '9' } };
    await children.ensure(child);
    expect(calls).toEqual(['create', 'adopt', 'apply']);
    stored = undefined;
    cached = undefined;
    await children.ensure(child);
    expect(calls).toEqual(['create', 'adopt', 'apply', 'create']);
    expect(children.problems).toEqual([]);
  });

  it('leaves the name of somebody else alone, and looks again after a while', async () => {
    const others = {
      metadata: { name: 'live', namespace: 'media', uid: 'x', resourceVersion: '1' },
    };
    stored = others;
    for (let second = 0; second < 30; second += 1) {
      await children.ensure(child);
      await clock.advance(1_000);
    }
    expect(calls).toEqual(['create', 'get', 'create', 'get']);
    expect(stored).toBe(others);
    expect(children.problems.map(({ reason }) => reason)).toEqual(['NameTaken']);
    stored = undefined;
    await children.ensure(child);
    expect(children.problems).toEqual([]);
    expect(stored).toMatchObject({ spec: object.spec });
  });
});
