import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OPERATOR_ERROR_CODES } from './errors.ts';

const document = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const section = /## Operator\n([\s\S]*?)(?=\n## |$)/.exec(document)?.[1] ?? '';
const documented = [...section.matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map((match) => match[1]);

describe('docs/errors.md', () => {
  it('has exactly the codes of the operator, once each', () => {
    expect([...documented].sort()).toEqual([...OPERATOR_ERROR_CODES].sort());
  });
});
