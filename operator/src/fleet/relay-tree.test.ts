import { describe, expect, it } from 'vitest';
import { relayTree, type RelayNode } from './relay-tree.ts';
import type { StreamPart } from './stream-view.ts';

function part(worker: string, upstream = '', more: Partial<StreamPart> = {}): StreamPart {
  return { worker, upstream, role: 'relay', viewers: {}, ...more };
}

/** `a(b(c) d)`: b and d pull from a, c from b. */
function text(nodes: readonly RelayNode[]): string {
  const one = ({ worker, pulledBy }: RelayNode): string =>
    pulledBy.length === 0 ? worker : `${worker}(${text(pulledBy)})`;
  return nodes.map(one).join(' ');
}

describe('relayTree', () => {
  it('hangs each worker on the one that it pulls from', () => {
    const parts = [part('r', 'h'), part('h', 'i'), part('x', 'r'), part('i'), part('y', 'h')];
    expect(text(relayTree(parts))).toBe('i(h(r(x) y))');
  });

  it('counts viewers without workers', () => {
    const viewers = { flv: 2, hls: 3, relay: 7 };
    const [node] = relayTree([part('h', '', { role: 'home', viewers })]);
    expect(node).toEqual({ worker: 'h', role: 'home', viewers: 5, pulledBy: [] });
  });

  it('puts who pulls from a worker that says nothing at the top', () => {
    expect(text(relayTree([part('a', 'gone'), part('b', 'a')]))).toBe('a(b)');
  });

  it('has each worker once where reports go in a circle', () => {
    expect(text(relayTree([part('a', 'c'), part('b', 'a'), part('c', 'b')]))).toBe('a(b(c))');
    expect(text(relayTree([part('a', 'a'), part('i')]))).toBe('i a');
  });
});
