import { describe, expect, it } from 'vitest';
import YAML from 'yaml';
import { checkChange } from './change.ts';
import { parseStreamCluster } from './parse.ts';
import type { StreamClusterSpec } from './spec.ts';
import { CHANGES } from './testing/changes.ts';
import { resourceOf } from './testing/fixture.ts';

function specOf(spec: unknown): StreamClusterSpec {
  return parseStreamCluster(YAML.stringify(resourceOf({ spec })), 'x.yaml').spec;
}

describe('checkChange', () => {
  it.each(CHANGES)('judges $name', ({ before, after, refused }) => {
    const change = (): void => checkChange(specOf(before), specOf(after));
    if (refused === undefined) expect(change).not.toThrow();
    else expect(change).toThrow(`: ${refused.field}: ${refused.because}`);
  });

  it('says all that is wrong', () => {
    const service = { type: 'LoadBalancer', loadBalancerClass: 'a' };
    const before = specOf({ fixed: {}, service });
    const after = specOf({
      fixed: {},
      service: { ...service, loadBalancerClass: 'b' },
      nats: { url: 'nats://a:4222' },
    });
    expect(() => checkChange(before, after)).toThrow(/spec\.nats: .*; spec\.service\./);
  });
});
