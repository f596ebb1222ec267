import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { cacheFolder, ROOT, scratchFolder } from '../src/harness/paths.ts';
import { exec } from './exec.ts';
import { FileLock } from './file-lock.ts';
import { archiveOf } from './image/archive.ts';
import { buildTarget, hasImage, makeBase } from './image/buildah.ts';
import { installPackages } from './packages.ts';

/** What an image is made of, besides the sources that the roles share. */
const SOURCES = { worker: ['worker'], operator: ['operator', 'console'] } as const;
const SHARED = ['placement', 'proto', 'Dockerfile', '.dockerignore', '.npmrc'];
const PACKAGES = ['package.json', 'package-lock.json', '*/package.json'];
const BASE_SOURCES = ['e2e/cluster/image/base.sh'];
const NATS_SCRIPT = path.join(ROOT, 'scripts/nats-server.sh');

type Role = keyof typeof SOURCES;

/**
 * Archives of our images, as `loadImage` takes them: streamcluster-worker:e2e,
 * streamcluster-operator:e2e and streamcluster-nats:e2e. Built anew are those whose
 * sources have changed.
 */
export async function projectImages(
  log: (line: string) => void = () => undefined,
): Promise<string[]> {
  await installPackages();
  const lock = new FileLock(path.join(cacheFolder('images'), 'build.lock'));
  await lock.acquire(() => log('waiting for another build of images to end'));
  try {
    return [await roleImage('worker', log), await roleImage('operator', log), await natsImage(log)];
  } finally {
    lock.release();
  }
}

async function roleImage(role: Role, log: (line: string) => void): Promise<string> {
  const hash = await hashOf([...SOURCES[role], ...SHARED, ...PACKAGES, ...BASE_SOURCES]);
  const image = `streamcluster-${role}:e2e`;
  return archive(role, hash, async (file) => {
    const base = `localhost/streamcluster-base:${await hashOf([...BASE_SOURCES, 'package.json'])}`;
    if (!(await hasImage(base))) {
      log('making the base of the images');
      await makeBase(base);
    }
    log(`building ${image}`);
    await buildTarget(role, base, image, file);
  });
}

/** The server and nothing else. */
async function natsImage(log: (line: string) => void): Promise<string> {
  const program = (await exec(NATS_SCRIPT, [], { timeoutMs: 1_800_000 })).trim();
  const { size, mtimeMs } = fs.statSync(program);
  return archive('nats', `${size}-${Math.floor(mtimeMs)}`, async (file) => {
    const image = 'docker.io/library/streamcluster-nats:e2e';
    log(`building ${image}`);
    const root = scratchFolder('nats');
    try {
      fs.copyFileSync(program, path.join(root, 'nats-server'));
      await archiveOf({ image, root, entrypoint: ['/nats-server'], user: '10001' }, file);
    } finally {
      fs.rmSync(root, { recursive: true, force: true });
    }
  });
}

/** Path of the archive of these sources; an older one makes place for it. */
async function archive(
  name: string,
  hash: string,
  make: (file: string) => Promise<void>,
): Promise<string> {
  const folder = cacheFolder('images');
  const file = path.join(folder, `${name}-${hash}.tar`);
  if (fs.existsSync(file)) return file;
  await make(file);
  const old = fs.readdirSync(folder).filter((entry) => entry.startsWith(`${name}-`));
  for (const entry of old) {
    if (path.join(folder, entry) !== file) fs.rmSync(path.join(folder, entry));
  }
  return file;
}

/** Of the names and contents of files that git knows or would add; tests are not in images. */
async function hashOf(paths: readonly string[]): Promise<string> {
  const args = ['-C', ROOT, 'ls-files', '-co', '--exclude-standard', '--', ...paths];
  const hash = createHash('sha256');
  for (const name of new Set((await exec('git', args)).trim().split('\n').sort())) {
    const file = path.join(ROOT, name);
    if (name.endsWith('.test.ts') || !fs.existsSync(file)) continue;
    hash.update(name).update(fs.readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}
