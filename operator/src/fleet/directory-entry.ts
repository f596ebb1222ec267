import { z } from 'zod';

/** What the directory says of a stream; written by workers. */
const entrySchema = z.object({
  home: z.string(),
  ingest: z.string(),
  replicas: z.array(z.string()).default([]),
  epoch: z.int().min(0),
  publishedUnixMs: z.number().optional(),
});
export type DirectoryEntry = z.output<typeof entrySchema>;

/** Undefined when it is none: written by something else. */
export function parseEntry(value: Uint8Array): DirectoryEntry | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(Buffer.from(value).toString())).data;
  } catch {
    return undefined;
  }
}

/** Bucket keys allow few characters, so they are base64url of `app/name`. */
export function streamNameOf(key: string): string {
  return Buffer.from(key, 'base64url').toString();
}
