import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

export interface ReportFile {
  readonly path: string;
  readonly text: string;
}

/** A .tar.gz of the files in one folder. */
export async function archive(
  folder: string,
  files: readonly ReportFile[],
  unixMs: number,
): Promise<Buffer> {
  const tar = pack();
  for (const { path, text } of files) {
    tar.entry({ name: `${folder}/${path}`, mode: 0o600, mtime: new Date(unixMs) }, text);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar.pipe(createGzip()) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
