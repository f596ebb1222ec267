import type { Fixture } from './fixture.ts';

const RULE = 'metadata.name must be lower-case letters, digits and dashes';

function named(name: string, metadataName: string, isRefused: boolean): Fixture {
  const fixture = { name, spec: { fixed: {} }, metadata: { name: metadataName } };
  if (!isRefused) return fixture;
  return { ...fixture, refused: { field: 'metadata.name', because: RULE, isRule: true } };
}

export const NAMES: readonly Fixture[] = [
  named('a letter', 'a', false),
  named('a name with dashes and digits', 'live-2', false),
  named('a name of 40 characters', 'a'.repeat(40), false),
  named('a name of 41 characters', 'a'.repeat(41), true),
  named('a name with a dot', 'live.eu', true),
  named('a name with upper case', 'Live', true),
  named('a name with an underscore', 'live_eu', true),
  named('a name that begins with a digit', '4k', true),
  named('a name that begins with a dash', '-live', true),
  named('a name that ends with a dash', 'live-', true),
  named('a name with an umlaut', 'l\u00fcve', true),
];
