import { beforeEach, describe, expect, it } from 'vitest';
import type { StreamCluster } from '../api/stream-cluster.ts';
import { realClock } from '../clock.ts';
import { AuthorityRig, silent } from '../credentials/testing/rig.ts';
import { KubeError, type KubeClient, type Secret, type Stored } from '../kube/mod.ts';
import { testResource } from '../specs/testing/resource.ts';
import type { Cache } from './cache.ts';
import { WorkerSecrets, type Issuer } from './worker-secrets.ts';

const POD = 'live-0-1';

describe('WorkerSecrets', () => {
  let resource: StreamCluster;
  let issuer: Issuer;
  let secrets: WorkerSecrets;
  let cached: Stored<Secret> | undefined;
  let writes: string[];
  let isTaken: boolean;
  beforeEach(async () => {
    resource = testResource();
    const view = await new AuthorityRig().authority().step(Date.now());
    issuer = { view, nats: { kind: 'none' } };
    cached = undefined;
    writes = [];
    isTaken = false;
    const keep = (verb: string, secret: Secret): Promise<Stored<Secret>> => {
      writes.push(verb);
      if (verb === 'create' && isTaken) {
        return Promise.reject(KubeError.fromAnswer(409, '{"reason":"AlreadyExists"}'));
      }
      cached = secret as Stored<Secret>;
      return Promise.resolve(cached);
    };
    const client = {
      create: (_: unknown, secret: Secret) => keep('create', secret),
      apply: (_: unknown, secret: Secret) => keep('apply', secret),
    } as unknown as KubeClient;
    const cache = { secrets: { get: () => cached } } as unknown as Cache;
    secrets = new WorkerSecrets({ client, cache, clock: realClock, log: silent });
  });

  it('keeps the one of a try before, so that its change is no reason for the next', async () => {
    await secrets.create(resource, POD, issuer);
    await secrets.create(resource, POD, issuer);
    expect(writes).toEqual(['create']);
  });

  it('replaces one of a StreamCluster that had the name before, or of another CA', async () => {
    await secrets.create(resource, POD, issuer);
    isTaken = true;
    const anew = { ...resource, metadata: { ...resource.metadata, uid: 'another' } };
    await secrets.create(anew, POD, issuer);
    expect(writes).toEqual(['create', 'create', 'apply']);
    const view = await new AuthorityRig().authority().step(Date.now());
    await secrets.create(anew, POD, { ...issuer, view });
    expect(writes).toEqual(['create', 'create', 'apply', 'create', 'apply']);
  });
});
