import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';

/** File in the folder -> its text. */
export async function unpack(bytes: Uint8Array): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const tar = Readable.from([bytes]).pipe(createGunzip()).pipe(extract());
  for await (const entry of tar) {
    files.set(entry.header.name.replace(/^[^/]+\//, ''), await text(entry));
  }
  return files;
}
