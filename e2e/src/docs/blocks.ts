import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../harness/paths.ts';

/** What stands between two fences of a document. */
export interface Block {
  readonly document: string;
  /** `sh`, `yaml` …; empty where none is named. */
  readonly language: string;
  readonly text: string;
}

/** Which block is meant: the one of this document that begins so. */
export interface BlockName {
  readonly document: string;
  readonly begins: string;
}

/** Documents for users. */
export const USER_DOCUMENTS = execFileSync(
  'git',
  ['ls-files', '-co', '--exclude-standard', 'README.md', 'docs/*.md'],
  {
    cwd: ROOT,
    encoding: 'utf8',
  },
)
  .trim()
  .split('\n')
  // Git's `*` goes through folders.
  .filter((document) => !document.startsWith('docs/adr/'));

const FENCED = /^( *)```(\w*)\n([^]*?)^ *```$/gm;

export function blocksOf(document: string): Block[] {
  const text = readFileSync(path.join(ROOT, document), 'utf8');
  return [...text.matchAll(FENCED)].map(([, indent = '', language = '', body = '']) => ({
    ...{ document, language },
    text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

export function isNamed(block: Block, { document, begins }: BlockName): boolean {
  return block.document === document && block.text.startsWith(begins);
}

/** Throws unless there is just one. */
export function findBlock(name: BlockName): Block {
  const found = blocksOf(name.document).filter((block) => isNamed(block, name));
  if (found.length !== 1) {
    throw new Error(`${found.length} blocks of ${name.document} begin with ${name.begins}`);
  }
  return found[0]!;
}
