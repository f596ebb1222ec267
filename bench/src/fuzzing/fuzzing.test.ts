import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { mutatedInput } from './mutate.ts';
import { runTarget } from './run-target.ts';
import { allTargets } from './target.ts';

const failures = fs.mkdtempSync(path.join(os.tmpdir(), 'fuzzing-'));
const options = { inputs: 2000, seed: 1, failures };
const targets = await allTargets();

afterAll(() => fs.rmSync(failures, { recursive: true }));

describe('mutated inputs', () => {
  const corpus = [Buffer.from('a sample'), Buffer.alloc(300, 7)];

  it('repeat with the seed and differ from input to input', () => {
    const texts = Array.from({ length: 200 }, (_, i) => mutatedInput(corpus, 5, i).toString('hex'));
    const again = Array.from({ length: 200 }, (_, i) => mutatedInput(corpus, 5, i).toString('hex'));
    expect(texts).toEqual(again);
    expect(new Set(texts).size).toBeGreaterThan(150);
  });

  it('never change the corpus', () => {
    for (let i = 0; i < 500; i++) mutatedInput(corpus, 1, i);
    expect(corpus[0]?.toString()).toBe('a sample');
    expect(corpus[1]?.equals(Buffer.alloc(300, 7))).toBe(true);
  });
});

describe('the runner', () => {
  const file = path.join(import.meta.dirname, 'testing/fuzz-target.ts');

  it.each([
    ['throws', 'found a 7'],
    ['grows', 'memory grew by'],
    ['is slow', 'took'],
    ['hangs', 'no answer for'],
  ])('notices a target that %s', async (name, reason) => {
    const result = await runTarget({ file, name }, { ...options, inputs: 3000, hangMs: 2000 });
    expect(result.failure?.reason).toContain(reason);
    expect(fs.existsSync(result.failure?.file ?? '')).toBe(true);
  });
});

describe('every parser of the worker', () => {
  it('has a target', () => {
    const names = new Set(targets.map(({ file }) => path.basename(path.dirname(file))));
    const wanted = ['amf0', 'flv', 'http', 'media', 'mpegts', 'relay', 'rtmp', 'websocket'];
    expect([...names]).toEqual(expect.arrayContaining(wanted));
  });

  it.each(targets)('$name stands 2,000 mutated inputs', { timeout: 60_000 }, async (target) => {
    const result = await runTarget(target, options);
    expect(result.failure).toBeUndefined();
    expect(result.inputs).toBe(options.inputs);
  });
});
