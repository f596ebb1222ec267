import net from 'node:net';
import { once } from 'node:events';

/** Below the ports that the kernel gives to clients, which come and go. */
const FIRST = 15_000;
const COUNT = 17_000;
const TRIES = 100;

/** A TCP port of loopback that nobody has now. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port among ${TRIES} tried`);
}

async function isFree(port: number): Promise<boolean> {
  const probe = net.createServer();
  try {
    probe.listen(port, '127.0.0.1');
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}
