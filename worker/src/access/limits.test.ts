import { describe, expect, it } from 'vitest';
import { Limits } from './limits.ts';
import { visit } from './testing/visits.ts';

const FULL = expect.objectContaining({ code: 'ACCESS_LIMIT_REACHED' }) as Error;

describe('Limits', () => {
  it('counts viewers of a stream, those of other workers with them', () => {
    let elsewhere = 0;
    const limits = new Limits((key) => (key === 'live/news' ? elsewhere : 0));
    const rule = { viewersPerStream: 3, connectionsPerAddress: 0 };
    const viewer = visit();
    for (let i = 0; i < 2; i += 1) limits.opened(viewer);
    limits.check(viewer, rule);
    elsewhere = 1;
    expect(() => limits.check(viewer, rule)).toThrow(FULL);
    limits.check(visit({ action: 'publish' }), rule);
    limits.check(visit({ stream: 'live/other' }), rule);
    limits.ended(viewer);
    limits.check(viewer, rule);
  });

  it('counts what an address has', () => {
    const limits = new Limits(() => 0);
    const rule = { viewersPerStream: 0, connectionsPerAddress: 2 };
    const publisher = visit({ action: 'publish', stream: 'app/other' });
    limits.opened(visit());
    limits.opened(publisher);
    expect(() => limits.check(visit(), rule)).toThrow(FULL);
    limits.check(visit({ address: '192.0.2.8' }), rule);
    limits.ended(publisher);
    limits.check(visit(), rule);
  });

  it('lets as many in as come at once, and then tells of those beyond', () => {
    const limits = new Limits(() => 0);
    const rule = { viewersPerStream: 2, connectionsPerAddress: 0 };
    for (let i = 0; i < 3; i += 1) limits.check(visit(), rule);
    for (let i = 0; i < 2; i += 1) {
      limits.opened(visit());
      limits.checkOpened(visit(), rule);
    }
    limits.opened(visit());
    expect(() => limits.checkOpened(visit(), rule)).toThrow(FULL);
  });
});
