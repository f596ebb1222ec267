import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { scratchFolder } from '../testing/scratch.ts';
import { ResourceFile } from './resource-file.ts';

const PATIENCE_MS = 5_000;

function resource(replicas: string, name = 'test'): string {
  return `apiVersion: streamcluster.dev/v1alpha1
kind: StreamCluster
metadata: {name: ${name}}
spec:
  fixed:
    replicas: ${replicas}
`;
}

describe('ResourceFile', () => {
  let folder: ReturnType<typeof scratchFolder>;
  let name: string;
  let file: ResourceFile | undefined;
  const log = pino({ level: 'silent' });

  beforeEach(() => {
    folder = scratchFolder();
    name = path.join(folder.path, 'cluster.yaml');
    writeFileSync(name, resource('3'));
  });
  afterEach(() => {
    file?.close();
    folder[Symbol.dispose]();
  });

  function watched(): ResourceFile {
    file = new ResourceFile(name, log);
    file.watch();
    return file;
  }

  it('throws at the start, because nothing can run', () => {
    writeFileSync(name, resource('many'));
    expect(() => new ResourceFile(name, log)).toThrow(/cluster\.yaml:6:5: spec\.fixed\.replicas/);
    expect(() => new ResourceFile(`${name}.missing`, log)).toThrow(/ENOENT/);
  });

  it('follows an edit, and a replacement as editors do it', async () => {
    const { snapshot } = watched();
    expect(snapshot.generation).toBe(1);
    writeFileSync(name, resource('4'));
    await eventually('4', PATIENCE_MS, () => file?.snapshot.generation === 2);
    writeFileSync(`${name}~`, resource('5'));
    renameSync(`${name}~`, name);
    await eventually('5', PATIENCE_MS, () => file?.snapshot.generation === 3);
    expect(file?.snapshot.resource.spec.fixed).toEqual({ replicas: 5 });
  });

  it.each([
    ['a wrong value', resource('many'), 'RESOURCE_INVALID', ':6:5: spec.fixed.replicas'],
    ['no YAML', 'spec: {', 'RESOURCE_UNREADABLE', ':1:8: '],
    ['another name', resource('3', 'other'), 'RESOURCE_INVALID', 'metadata.name'],
  ])('keeps the last good one after %s, and says why', async (_what, text, code, detail) => {
    const watching = watched();
    writeFileSync(name, text);
    const fault = await eventually('fault', PATIENCE_MS, () => watching.snapshot.fault);
    expect(fault.code).toBe(code);
    expect(fault.message).toContain(detail);
    expect(watching.snapshot).toMatchObject({
      generation: 1,
      resource: { spec: { fixed: { replicas: 3 } } },
    });
    writeFileSync(name, resource('2'));
    await eventually('healed', PATIENCE_MS, () => watching.snapshot.fault === undefined);
    expect(watching.snapshot.generation).toBe(2);
  });

  it('writes another number of workers, and leaves everything else as it stands', async () => {
    writeFileSync(name, `# of the studio\n${resource('3 # for the match')}`);
    const watching = watched();
    watching.scale(5);
    expect(readFileSync(name, 'utf8')).toBe(
      `# of the studio\n${resource('5 # for the match')}`.replace('{name: test}', '{ name: test }'),
    );
    await eventually('5', PATIENCE_MS, () => watching.snapshot.generation === 2);
    expect(() => watching.scale(-1)).toThrow(/spec\.fixed\.replicas/);
    expect(readFileSync(name, 'utf8')).toContain('replicas: 5');
  });

  it('keeps the last good one when the file goes', async () => {
    const watching = watched();
    rmSync(name);
    const fault = await eventually('fault', PATIENCE_MS, () => watching.snapshot.fault);
    expect(fault.code).toBe('RESOURCE_UNREADABLE');
    expect(watching.snapshot.resource.spec.fixed).toEqual({ replicas: 3 });
  });

  it('does not count a comment as a change', async () => {
    const watching = watched();
    let changes = 0;
    watching.onChange(() => {
      changes += 1;
    });
    writeFileSync(name, `# hello\n${resource('3')}`);
    await eventually('read', PATIENCE_MS, () => changes > 0);
    expect(watching.snapshot.generation).toBe(1);
  });
});
