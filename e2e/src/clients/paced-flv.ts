import fs from 'node:fs';
import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { FlvTags } from '../content/flv-tags.ts';

const STEP_MS = 20;
const FILE_HEADER_BYTES = 13;
const TAG_OVERHEAD_BYTES = 15;

/**
 * A live FLV server that never skips anything: what a slow viewer would see of
 * one. It sends a file's tags at their time, to each viewer from the start.
 */
export async function servePacedFlv(file: string): Promise<{ port: number; close(): void }> {
  const bytes = fs.readFileSync(file);
  const due = dueTimes(bytes);
  const server = http.createServer((_request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('content-type', 'video/x-flv');
    const startedMs = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      const end = due(performance.now() - startedMs);
      response.write(bytes.subarray(sent, end));
      sent = end;
    }, STEP_MS);
    response.on('close', () => clearInterval(timer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

/** How many bytes of the file belong to its first so many ms. */
function dueTimes(bytes: Buffer): (elapsedMs: number) => number {
  const ends: { timestampMs: number; end: number }[] = [];
  let end = FILE_HEADER_BYTES;
  new FlvTags(({ timestampMs, body }) => {
    end += TAG_OVERHEAD_BYTES + body.length;
    ends.push({ timestampMs, end });
  }).push(bytes);
  return (elapsedMs) => {
    const next = ends.findIndex(({ timestampMs }) => timestampMs > elapsedMs);
    return (next < 0 ? ends.at(-1) : ends[next - 1])?.end ?? FILE_HEADER_BYTES;
  };
}
