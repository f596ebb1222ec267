import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './harness/paths.ts';

const documents = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n');

function read(document: string): string {
  return readFileSync(path.join(ROOT, document), 'utf8');
}

/** What GitHub makes of headings. */
function anchors(document: string): string[] {
  const headings = [...read(document).matchAll(/^#+ (.+)$/gm)];
  return headings.map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(documents)('%s', (document) => {
  it('links only to what is there', () => {
    const links = [...read(document).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)];
    const missing = links
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(path.resolve(ROOT, path.dirname(document), target)));
    expect(missing).toEqual([]);
  });

  it('links only to headings that are there', () => {
    const links = [...read(document).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)];
    const missing = links.filter(([, target = '', anchor = '']) => {
      const other = path.join(path.dirname(document), target);
      return !anchors(target === '' ? document : other).includes(anchor);
    });
    expect(missing.map(([link]) => link)).toEqual([]);
  });

  it('names only files and folders that are there', () => {
    const names = [
      ...read(document).matchAll(
        /`((?:worker|operator|proto|placement|console|docs|manifests|config|scripts)\/[\w./*-]+)`/g,
      ),
    ];
    const missing = names
      .map(([, name = '']) => name)
      .filter((name) => globSync(name, { cwd: ROOT }).length === 0);
    expect(missing).toEqual([]);
  });
});

describe('docs/encoders.md', () => {
  it('says how to mend all that publishers are warned of', () => {
    const [, section = ''] = read('docs/debugging.md').split('## How a publisher sends\n');
    const [table = ''] = section.split('\n## ');
    const told = [...table.matchAll(/^\| `/gm)];
    const mended = [...read('docs/encoders.md').matchAll(/^\| `(\w+)` \| /gm)];
    expect(told.length).toBeGreaterThan(0);
    expect(mended).toHaveLength(told.length);
    expect(mended.filter(([, name]) => !table.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('the Makefile', () => {
  it('has every verb that the README tells of', () => {
    const makefile = readFileSync(path.join(ROOT, 'Makefile'), 'utf8');
    const verbs = [...read('README.md').matchAll(/\bmake (\w+)/g)].map(([, verb = '']) => verb);
    expect(verbs).toContain('run');
    for (const verb of verbs) expect(makefile).toMatch(new RegExp(`^${verb}:`, 'm'));
  });
});
