import { setTimeout as sleep } from 'node:timers/promises';
import { publish } from '../../src/clients/ffmpeg.ts';
import type { Child } from '../../src/harness/child.ts';

const RETRY_MS = 200;

/** ffmpeg that publishes a file again and again, and connects again when it is
 * cut off, as an encoder does. */
export class PatientPublisher {
  connections = 0;
  private readonly running: Promise<void>;
  private child: Child | undefined = undefined;
  private isStopped = false;

  constructor(file: string, url: string) {
    this.running = this.run(file, url);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.child?.stop('SIGINT');
    await this.running;
  }

  private async run(file: string, url: string): Promise<void> {
    while (!this.isStopped) {
      this.connections += 1;
      this.child = publish(file, url, { repeats: -1 });
      await this.child.ended;
      await sleep(RETRY_MS);
    }
  }
}
