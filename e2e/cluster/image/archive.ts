import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { exec } from '../exec.ts';

export interface ArchiveOptions {
  readonly image: string;
  /** Becomes the image's root directory. */
  readonly root: string;
  readonly entrypoint: readonly string[];
  readonly user?: string;
}

/** Makes an archive as `docker save` does, of one layer, from a folder. */
export async function archiveOf(options: ArchiveOptions, file: string): Promise<void> {
  const work = fs.mkdtempSync(`${file}-`);
  try {
    const layer = path.join(work, 'layer.tar');
    await exec('tar', [
      ...['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'],
      ...['-C', options.root, '-cf', layer, '.'],
    ]);
    const config = JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: {
        Entrypoint: options.entrypoint,
        Env: ['PATH=/usr/local/bin:/usr/bin:/bin:/sbin'],
        User: options.user ?? '',
      },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(fs.readFileSync(layer))}`] },
    });
    const configName = `${sha256(config)}.json`;
    fs.writeFileSync(path.join(work, configName), config);
    const manifest = [{ Config: configName, RepoTags: [options.image], Layers: ['layer.tar'] }];
    fs.writeFileSync(path.join(work, 'manifest.json'), JSON.stringify(manifest));
    await exec('tar', ['-C', work, '-cf', `${file}.new`, 'manifest.json', configName, 'layer.tar']);
    // Renamed at the end: who looks meanwhile sees no half of it.
    fs.renameSync(`${file}.new`, file);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}
