import fs from 'node:fs';
import path from 'node:path';
import { cacheFolder, scratchFolder } from '../../src/harness/paths.ts';
import { exec } from '../exec.ts';
import { archiveOf } from './archive.ts';

export const TOOLS_IMAGE = 'docker.io/library/streamcluster-tools:e2e';

/** Their kin in Debian's busybox crash at every address. */
const PROGRAMS = ['curl', 'getent'];

/** An image with a shell and small network tools, for tests of the cluster itself. */
export async function toolsArchive(): Promise<string> {
  const file = path.join(cacheFolder('images'), 'tools.tar');
  if (fs.existsSync(file)) return file;
  const root = scratchFolder('tools');
  try {
    const bin = path.join(root, 'bin');
    for (const folder of [bin, path.join(root, 'tmp')]) fs.mkdirSync(folder);
    const busybox = await find('busybox');
    fs.copyFileSync(busybox, path.join(bin, 'busybox'));
    const applets = (await exec(busybox, ['--list'])).trim().split('\n');
    for (const applet of applets.filter((name) => name !== 'busybox')) {
      fs.symlinkSync('busybox', path.join(bin, applet));
    }
    for (const program of PROGRAMS) await copyProgram(program, root);
    await archiveOf({ image: TOOLS_IMAGE, root, entrypoint: [] }, file);
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
  return file;
}

/** Copies a program of this machine with the libraries that it loads. */
async function copyProgram(name: string, root: string): Promise<void> {
  const program = await find(name);
  fs.copyFileSync(program, path.join(root, 'bin', name));
  const libraries = (await exec('ldd', [program])).matchAll(/(\/\S+) \(0x/g);
  for (const [, library = ''] of libraries) {
    const copy = path.join(root, library);
    fs.mkdirSync(path.dirname(copy), { recursive: true });
    fs.copyFileSync(library, copy);
  }
}

async function find(program: string): Promise<string> {
  return (await exec('sh', ['-c', `command -v ${program}`])).trim();
}
