import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PLUGIN_ERROR_CODES } from './errors.ts';

const document = readFileSync(new URL('../../docs/plugin.md', import.meta.url), 'utf8');
const section = /## Errors\n([\s\S]*?)(?=\n## |$)/.exec(document)?.[1] ?? '';
const documented = [...section.matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map((match) => match[1]);

describe('docs/plugin.md', () => {
  it('has exactly the codes of the plugin, once each', () => {
    expect([...documented].sort()).toEqual([...PLUGIN_ERROR_CODES].sort());
  });
});
