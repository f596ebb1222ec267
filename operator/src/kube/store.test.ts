import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from './resources.ts';
import { Store } from './store.ts';
import { keyOf, objectKey, splitKey, type Stored } from './wire.ts';

function pod(name: string, resourceVersion: string, color?: string, uid = 'u'): Stored<Pod> {
  const labels = color === undefined ? {} : { color };
  return { metadata: { name, namespace: 'media', uid, resourceVersion, labels } };
}

function newStore(): Store<Pod> {
  return new Store<Pod>({ color: ({ metadata }) => metadata.labels?.['color'] });
}

describe('Store', () => {
  it('tells what changed, and what did not', () => {
    const store = newStore();
    expect(store.set(pod('a', '1'))).toBe('added');
    expect(store.set(pod('a', '1'))).toBeUndefined();
    expect(store.set(pod('a', '2'))).toBe('changed');
    expect(store.set(pod('a', '2', undefined, 'another'))).toBe('changed');
    expect(store.delete('media/a')?.metadata.uid).toBe('another');
    expect(store.delete('media/a')).toBeUndefined();
  });

  it('knows no index that nobody asked for', () => {
    expect(() => newStore().byIndex('size', 'big')).toThrow('no index');
  });

  it('gives the same list while nothing in it changed', () => {
    const store = newStore();
    store.set(pod('a', '1', 'red'));
    store.set(pod('b', '1', 'green'));
    const red = store.byIndex('color', 'red');
    store.set(pod('a', '1', 'red'));
    store.set(pod('b', '2', 'green'));
    expect(store.byIndex('color', 'red')).toBe(red);
    store.set(pod('a', '2', 'red'));
    expect(store.byIndex('color', 'red')).not.toBe(red);
    expect(red.map(({ metadata }) => metadata.resourceVersion)).toEqual(['1']);
    store.delete('media/a');
    expect(store.byIndex('color', 'red')).toEqual([]);
    expect(store.byIndex('color', 'red')).toBe(store.byIndex('color', 'blue'));
  });

  it('finds by index what a search would find', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const color = fc.constantFrom('red', 'green', undefined);
    const change = fc.tuple(name, fc.constantFrom('set', 'delete'), color);
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const store = newStore();
        changes.forEach(([of, what, is], at) => {
          if (what === 'set') store.set(pod(of, String(at), is));
          else store.delete(`media/${of}`);
        });
        for (const value of ['red', 'green']) {
          const expected = store.list().filter((one) => one.metadata.labels?.['color'] === value);
          const found = store.byIndex('color', value);
          expect(found.map(keyOf).sort()).toEqual(expected.map(keyOf).sort());
        }
      }),
    );
  });
});

describe('keys', () => {
  it.each([
    ['media', 'live'],
    ['', 'node-1'],
  ])('of %j and %j are read back', (namespace, name) => {
    expect(splitKey(objectKey(namespace, name))).toEqual({ namespace, name });
  });
});
