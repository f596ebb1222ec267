import { OperatorError } from '../../errors.ts';

const PATIENCE_MS = 2_000;

/** GET of a worker's own port, of a bounded size. Rejects with NOT_FOUND or WORKER_UNREACHABLE. */
export async function fetchFromWorker(
  httpAddress: string,
  path: string,
  maxBytes: number,
): Promise<Buffer> {
  const response = await ask(httpAddress, path);
  if (response.status === 404) {
    await response.body?.cancel();
    throw new OperatorError('NOT_FOUND', 'the worker does not have it');
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new OperatorError('WORKER_UNREACHABLE', `it answered ${response.status}`);
  }
  return await bodyOf(response.body, maxBytes);
}

async function ask(httpAddress: string, path: string): Promise<Response> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    return await fetch(`http://${httpAddress}${path}`, { signal, redirect: 'error' });
  } catch (error) {
    throw new OperatorError('WORKER_UNREACHABLE', httpAddress, { cause: error });
  }
}

async function bodyOf(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of body) {
      bytes += part.length;
      if (bytes > maxBytes) throw new Error(`more than ${maxBytes} bytes`);
      parts.push(part);
    }
  } catch (error) {
    throw new OperatorError('WORKER_UNREACHABLE', 'its answer broke off', { cause: error });
  }
  return Buffer.concat(parts);
}
