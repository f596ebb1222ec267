import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { cacheFolder, ROOT, scratchFolder } from '../src/harness/paths.ts';
import { exec } from './exec.ts';
import { FileLock } from './file-lock.ts';
import { archiveOf } from './image/archive.ts';
import { buildTarget, hasImage, makeBases } from './image/buildah.ts';
import { installPackages } from './packages.ts';

/** What an image is made of, besides the sources that the roles share. */
const SOURCES = { worker: ['worker'], operator: ['operator', 'console'] } as const;
const SHARED = ['placement', 'proto', 'Dockerfile', '.dockerignore', '.npmrc'];
const PACKAGES = ['package.json', 'package-lock.json', '*/package.json'];
const BASE_SOURCES = ['e2e/cluster/image/base.sh'];
const NATS_SCRIPT = path.join(ROOT, 'scripts/nats-server.sh');

const KEPT_MS = 3_600_000;

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
    const tag = await hashOf([...BASE_SOURCES, 'package.json']);
    const bases = {
      build: `localhost/streamcluster-build:${tag}`,
      run: `localhost/streamcluster-run:${tag}`,
    };
    if (!(await hasImage(bases.run))) {
      log('making the base of the images');
      await makeBases(bases);
    }
    log(`building ${image}`);
    await buildTarget(role, bases, image, file);
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

/** Path of the archive of these sources; those of long ago make place for it. */
async function archive(
  name: string,
  hash: string,
  make: (file: string) => Promise<void>,
): Promise<string> {
  const folder = cacheFolder('images');
  const file = path.join(folder, `${name}-${hash}.tar`);
  if (fs.existsSync(file)) return file;
  await make(file);
  for (const entry of fs.readdirSync(folder).filter((other) => other.startsWith(`${name}-`))) {
    const old = path.join(folder, entry);
    // Another run may be about to load it.
    if (Date.now() - fs.statSync(old).mtimeMs > KEPT_MS) fs.rmSync(old);
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
