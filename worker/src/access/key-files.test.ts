import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyFiles } from './key-files.ts';
import { TestContext } from './testing/context.ts';
import { EC, pem, RSA, SECRET } from './testing/tokens.ts';

const READ_AGAIN_MS = 10_000;

describe('KeyFiles', () => {
  let folder: string;
  let context: TestContext;
  let files: KeyFiles;
  let changes: number;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'keys-'));
    context = new TestContext();
    changes = 0;
    files = new KeyFiles({ ...context.parts, folder, onChange: () => (changes += 1) });
  });
  afterEach(() => {
    files.close();
    fs.rmSync(folder, { recursive: true });
  });

  function write(name: string, text: string): void {
    fs.writeFileSync(path.join(folder, name), text);
  }

  function algorithms(name: string): string[] {
    return files.tokenKeys(name).map(({ algorithm }) => algorithm);
  }

  it('reads entries at once, and again when they change', () => {
    write('a', pem(RSA.publicKey));
    expect(algorithms('a')).toEqual(['RS256']);
    context.clock.advance(READ_AGAIN_MS);
    expect(changes).toBe(0);
    write('a', pem(EC.publicKey));
    context.clock.advance(READ_AGAIN_MS);
    expect([algorithms('a'), changes]).toEqual([['ES256'], 1]);
  });

  it('keeps the old key while an entry is no key, and says so once', () => {
    write('a', `${SECRET}\n`);
    expect(files.secret('a')?.toString()).toBe(SECRET);
    write('a', 'short');
    context.clock.advance(3 * READ_AGAIN_MS);
    expect([files.secret('a')?.toString(), changes]).toEqual([SECRET, 0]);
    expect(context.counted).toEqual(['ACCESS_KEYS_INVALID']);
    write('a', SECRET.toUpperCase());
    context.clock.advance(READ_AGAIN_MS);
    expect([files.secret('a')?.toString(), changes]).toEqual([SECRET.toUpperCase(), 1]);
    expect(context.lines.join('')).not.toMatch(new RegExp(`${SECRET}|short`, 'i'));
  });

  it('takes a key back that is gone, and finds one that comes', () => {
    write('a', SECRET);
    files.secret('a');
    expect(files.secret('b')).toBeUndefined();
    fs.rmSync(path.join(folder, 'a'));
    write('b', SECRET);
    context.clock.advance(READ_AGAIN_MS);
    expect([files.secret('a'), files.secret('b')?.toString()]).toEqual([undefined, SECRET]);
    expect(context.counted).toHaveLength(2);
  });

  it('does not read what is too large', () => {
    write('a', 'x'.repeat(300 * 1024));
    expect(files.secret('a')).toBeUndefined();
    expect(context.lines.join('')).toContain('too large');
  });

  it('forgets what no rule names', () => {
    write('a', SECRET);
    files.secret('a');
    files.keepOnly(new Set());
    fs.rmSync(path.join(folder, 'a'));
    context.clock.advance(READ_AGAIN_MS);
    expect(changes).toBe(0);
  });

  it('knows whether somebody put keys there', () => {
    expect(files.hasAny).toBe(false);
    fs.mkdirSync(path.join(folder, '..data'));
    expect(files.hasAny).toBe(false);
    write('a', SECRET);
    expect(files.hasAny).toBe(true);
    fs.rmSync(path.join(folder, 'a'));
  });
});
