import fs from 'node:fs';
import path from 'node:path';
import { cacheFolder, scratchFolder } from '../../src/harness/paths.ts';
import { exec } from '../exec.ts';
import { PAUSE_IMAGE } from '../node/names.ts';
import { archiveOf } from './archive.ts';

const SOURCE = path.join(import.meta.dirname, 'pause.c');

/** Path of the archive of the image that every pod's sandbox runs; made if needed. */
export async function pauseArchive(): Promise<string> {
  const file = path.join(cacheFolder('images'), 'pause.tar');
  if (fs.existsSync(file)) return file;
  const root = scratchFolder('pause');
  try {
    await exec('gcc', ['-static', '-Os', '-s', '-o', path.join(root, 'pause'), SOURCE]);
    await archiveOf({ image: PAUSE_IMAGE, root, entrypoint: ['/pause'], user: '65535' }, file);
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
  return file;
}
