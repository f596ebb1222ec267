import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../testing/scratch.ts';
import { CarefulFile } from './careful-file.ts';

describe('CarefulFile', () => {
  it('says once that it cannot be written, keeps what there was, and goes on later', () => {
    using folder = scratchFolder();
    const said: string[] = [];
    const log = pino(
      {},
      { write: (line: string) => said.push((JSON.parse(line) as { msg: string }).msg) },
    );
    const name = path.join(folder.path, 'status.yaml');
    const file = new CarefulFile(name, log);
    file.write('one');
    // In the way of what is written first, as a full disk is.
    mkdirSync(`${name}.next`);
    file.write('two');
    file.write('three');
    expect(said).toEqual(['file not written']);
    expect(readFileSync(name, 'utf8')).toBe('one');
    expect(() => file.writeOrThrow('four')).toThrow();
    rmdirSync(`${name}.next`);
    file.write('five');
    expect(readFileSync(name, 'utf8')).toBe('five');
  });
});
