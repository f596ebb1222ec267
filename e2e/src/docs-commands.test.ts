import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf, isNamed, USER_DOCUMENTS, type Block } from './docs/blocks.ts';
import { NOT_RUN } from './docs/not-run.ts';
import { ON_A_CLUSTER } from './docs/on-a-cluster.ts';
import { ON_ONE_MACHINE } from './docs/on-one-machine.ts';
import { OneMachine } from './docs/one-machine.ts';
import { ROOT } from './harness/paths.ts';

const BLOCKS = USER_DOCUMENTS.flatMap(blocksOf);
const COMMANDS = BLOCKS.filter(({ language }) => language === 'sh');
const PROGRAMS =
  /^(\$ )?(curl|ffmpeg|ffplay|git|helm|kubectl|make|node|npm|openssl|vlc) [-\w./'"]/m;

describe('every command of the documents', () => {
  const accounted = [...ON_ONE_MACHINE, ...ON_A_CLUSTER, ...NOT_RUN];

  it('is run by a test, or by the one that is named', () => {
    const texts = new Set(
      BLOCKS.filter((block) => accounted.some((name) => isNamed(block, name))).map(
        ({ text }) => text,
      ),
    );
    const forgotten = COMMANDS.filter(({ text }) => !texts.has(text));
    expect(forgotten).toEqual([]);
  });

  it('is in a block of `sh`', () => {
    const others = BLOCKS.filter(({ language }) => language === '');
    const untold = others.filter((block) => PROGRAMS.test(block.text));
    expect(untold.filter((block) => !NOT_RUN.some((name) => isNamed(block, name)))).toEqual([]);
  });

  it.each(accounted)('is there once: $begins, of $document', (name) => {
    const found: Block[] = BLOCKS.filter((block) => isNamed(block, name));
    expect(found).toHaveLength(1);
  });

  it.each(NOT_RUN)('of $document, not run ($because), is in $insteadIn', (one) => {
    const text = fs.readFileSync(path.join(ROOT, one.insteadIn), 'utf8');
    expect(one.words.filter((word) => !text.includes(word))).toEqual([]);
    expect(one.words.length).toBeGreaterThan(0);
  });
});

describe('on one machine', { timeout: 120_000 }, () => {
  let room: OneMachine;

  beforeAll(async () => {
    room = await OneMachine.start();
  });
  afterAll(() => room.close());

  it.each(ON_ONE_MACHINE)('$document: $begins', async (step) => {
    expect(await room.take(step)).toMatch(step.shows ?? /^/);
  });
});
