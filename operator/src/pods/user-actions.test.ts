import { describe, expect, it } from 'vitest';
import { UserActions } from './user-actions.ts';

describe('what users ask for on the page', () => {
  const patches: unknown[][] = [];

  function actions(failure?: Error): UserActions {
    patches.length = 0;
    return new UserActions({
      client: {
        patch: (resource, ...rest) => {
          patches.push([resource.plural, ...rest]);
          return failure === undefined ? Promise.resolve({} as never) : Promise.reject(failure);
        },
      },
      ...{ namespace: 'media', name: 'live' },
      uidOf: (pod) => (pod === 'live-0-1' ? 'uid-1' : undefined),
    });
  }

  it('is written where kubectl writes it', async () => {
    const some = actions();
    await some.scale(5);
    await some.askDrain('live-0-1', true);
    await some.askDrain('live-0-1', false);
    const pod = { namespace: 'media', name: 'live-0-1' };
    const asked = (value: string | null): object => ({
      metadata: { uid: 'uid-1', annotations: { 'streamcluster.dev/drain': value } },
    });
    expect(patches).toEqual([
      [
        ...['streamclusters', { namespace: 'media', name: 'live' }, { spec: { replicas: 5 } }],
        { subresource: 'scale' },
      ],
      ['pods', pod, asked('Command')],
      ['pods', pod, asked(null)],
    ]);
  });

  it('is refused in the words of the API server, and of pods of others', async () => {
    const some = actions(new Error('streamclusters.streamcluster.dev "live" is forbidden'));
    await expect(some.scale(5)).rejects.toMatchObject({
      ...{ code: 'ACTION_REFUSED', message: expect.stringContaining('is forbidden') as string },
    });
    await expect(some.askDrain('other-0-1', true)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(patches).toHaveLength(1);
  });
});
