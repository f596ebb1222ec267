import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './root.ts';

/** The last revision in which players of HLS had no sessions. */
const BEFORE_SESSIONS = 'e1d92c0745c665801329e5022a3945113fa3e676';
const PARTS = ['package.json', 'worker', 'placement', 'proto'];
const SCOPE = '@streamcluster';
const run = promisify(execFile);

/** Folder of that revision's worker, ready to start. Rejects where git does not have it. */
export async function workerBeforeSessions(): Promise<string> {
  const folder = path.join(ROOT, '.cache/bench', `worker-${BEFORE_SESSIONS.slice(0, 12)}`);
  if (fs.existsSync(folder)) return folder;
  const part = `${folder}.${process.pid}.part`;
  const archive = `${part}.tar`;
  fs.mkdirSync(part, { recursive: true });
  try {
    await run('git', ['-C', ROOT, 'archive', '-o', archive, BEFORE_SESSIONS, ...PARTS]);
    await run('tar', ['-x', '-f', archive, '-C', part]);
    linkModules(part);
    await run('make', ['-C', path.join(part, 'worker/native')]);
    fs.renameSync(part, folder);
    return folder;
  } finally {
    fs.rmSync(part, { recursive: true, force: true });
    fs.rmSync(archive, { force: true });
  }
}

/** Packages of others are those of now, the house's own are that revision's. */
function linkModules(folder: string): void {
  const from = path.join(ROOT, 'node_modules');
  const to = path.join(folder, 'node_modules');
  fs.mkdirSync(path.join(to, SCOPE), { recursive: true });
  for (const name of fs.readdirSync(from)) {
    if (name !== SCOPE) fs.symlinkSync(path.join(from, name), path.join(to, name));
  }
  for (const name of ['worker', 'placement', 'proto']) {
    fs.symlinkSync(path.join('../..', name), path.join(to, SCOPE, name));
  }
}
