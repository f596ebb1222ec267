import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheFolder, ROOT } from '../../src/harness/paths.ts';
import { exec } from '../exec.ts';

const BUILD_MS = 1_800_000;
const BASE_SCRIPT = path.join(import.meta.dirname, 'base.sh');
const CA_IN_BUILD = '/run/machine-ca.crt';

/** Whether the storage has an image of this name. */
export async function hasImage(image: string): Promise<boolean> {
  return (await buildah('images', '--quiet', '--filter', `reference=${image}`)).trim() !== '';
}

/** What images are built in, and what they are put on. */
export interface Bases {
  readonly build: string;
  readonly run: string;
}

export async function makeBases({ build, run }: Bases): Promise<void> {
  await withStorage(BASE_SCRIPT, build, run);
}

/** Builds a target of the Dockerfile, and writes it as an archive. */
export async function buildTarget(
  target: string,
  bases: Bases,
  image: string,
  archive: string,
): Promise<void> {
  await buildah(
    ...['build', '--layers', '--ulimit', 'nofile=1024:20000', '--build-arg', `BASE=${bases.run}`],
    ...['--build-arg', `BUILD_BASE=${bases.build}`],
    ...npmVolumes(),
    ...['--target', target, '--tag', image, ROOT],
  );
  fs.rmSync(`${archive}.new`, { force: true });
  await buildah(
    'push',
    '--quiet',
    image,
    `docker-archive:${archive}.new:docker.io/library/${image}`,
  );
  fs.renameSync(`${archive}.new`, archive);
}

/** The machine's way to npm's registry, for the build alone: nothing of it is in the image. */
function npmVolumes(): string[] {
  const npmrc = path.join(cacheFolder('images'), 'npmrc');
  const user = path.join(os.homedir(), '.npmrc');
  const lines = fs.existsSync(user) ? [fs.readFileSync(user, 'utf8')] : [];
  const volumes = [`${cacheFolder('npm')}:/root/.npm:rw`, `${npmrc}:/root/.npmrc:ro`];
  const ca = process.env['NODE_EXTRA_CA_CERTS'];
  if (ca !== undefined && fs.existsSync(ca)) {
    lines.push(`cafile=${CA_IN_BUILD}`);
    volumes.push(`${fs.realpathSync(ca)}:${CA_IN_BUILD}:ro`);
  }
  fs.writeFileSync(npmrc, `${lines.join('\n')}\n`, { mode: 0o600 });
  return volumes.flatMap((volume) => ['--volume', volume]);
}

function buildah(...args: string[]): Promise<string> {
  return withStorage('buildah', ...args);
}

/**
 * With storage of our own, and in mount namespaces of its own: what it mounts, and
 * its notes of that, are gone when it ends, whatever way it ends.
 */
function withStorage(command: string, ...args: string[]): Promise<string> {
  const folder = cacheFolder('images');
  const run = cacheFolder('images/run');
  const config = path.join(folder, 'storage.conf');
  const lines = [
    '[storage]',
    'driver = "overlay"',
    `graphroot = "${path.join(folder, 'storage')}"`,
    `runroot = "${run}"`,
  ];
  fs.writeFileSync(config, `${lines.join('\n')}\n`);
  const env = { BUILDAH_ISOLATION: 'chroot', CONTAINERS_STORAGE_CONF: config };
  const script = 'mount -t tmpfs tmpfs "$1" && shift && exec "$@"';
  const shell = ['--mount', 'sh', '-c', script, 'sh', run];
  return exec('unshare', [...shell, command, ...args], { env, timeoutMs: BUILD_MS });
}
