/** `make run`: a whole cluster on this machine, until Ctrl-C. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { banner } from './banner.ts';
import { OperatorError } from './errors.ts';
import { LocalCluster } from './local/local-cluster.ts';
import { LogFile } from './local/log-file.ts';
import { createRunLog } from './log.ts';
import { parseLocalFlags } from './local/flags.ts';
import { endWith } from './signals.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LOOK_MS = 100;
const PATIENCE_MS = 60_000;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** One line with the code, then the end. */
function fail(error: unknown): never {
  if (error instanceof OperatorError) say(`${error.code}: ${error.message}`);
  else say(error instanceof Error ? `INTERNAL: ${error.stack ?? error.message}` : String(error));
  process.exit(1);
}

async function untilReady(cluster: LocalCluster): Promise<void> {
  const startMs = performance.now();
  let hasComplained = false;
  for (;;) {
    const { status } = cluster;
    if (status?.phase === 'Ready') return;
    if (!hasComplained && performance.now() - startMs > PATIENCE_MS) {
      hasComplained = true;
      const { runDir } = cluster.flags;
      say(`only ${status?.readyReplicas ?? 0} workers are ready; look into ${runDir}/logs`);
    }
    await sleep(LOOK_MS);
  }
}

async function main(): Promise<void> {
  const flags = parseLocalFlags(process.argv.slice(2), ROOT);
  const file = new LogFile(path.join(flags.runDir, 'logs/operator.log'));
  const log = createRunLog(flags.logLevel, file, say);
  say('starting …');
  const cluster = await LocalCluster.start(flags, log);
  endWith(cluster, { onStop: () => say('stopping …'), fail });
  await untilReady(cluster);
  process.stdout.write(banner(flags, cluster.status?.readyReplicas ?? 0, cluster.hasTls));
}

main().catch(fail);
