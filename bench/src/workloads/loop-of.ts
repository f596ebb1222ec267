import type { ServerUnderTest } from '../server/server.ts';
import { WorkerUnderTest, type WorkerLoop } from '../server/worker.ts';

/** What our worker says about its loop; undefined for others. */
export async function loopOf(server: ServerUnderTest): Promise<WorkerLoop | undefined> {
  return server instanceof WorkerUnderTest ? server.loop() : undefined;
}
