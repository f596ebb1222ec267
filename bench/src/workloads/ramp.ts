import { sleep } from '../generator/wait.ts';
import { measureWindow } from '../measure/window.ts';

export interface RampOptions {
  /** Busy share to reach, and what the machine does anyway. */
  readonly share: number;
  readonly idleBusy: number;
  /** How many more may still come. */
  readonly room: () => number;
  readonly join: (count: number) => Promise<void>;
}

const SETTLE_MS = 1000;
const LOOK_SECONDS = 1;
/** Ticks adapt meanwhile, so not all of what seems to be missing is taken at once. */
const CAUTION = 0.7;
const STEP_MIN = 20;
const STEP_MAX = 800;
const CLOSE_ENOUGH = 0.95;
/** Beyond, the generator would measure itself. */
const GENERATOR_MAX = 0.9;

/** Lets viewers join until the server's CPU is as busy as wanted. Returns what it is. */
export async function ramp(options: RampOptions): Promise<number> {
  const { share, idleBusy, room, join } = options;
  let viewers = STEP_MIN;
  await join(viewers);
  for (;;) {
    await sleep(SETTLE_MS);
    const { server, generator } = await measureWindow(LOOK_SECONDS, () => ({}));
    const busy = Math.max(0.005, server.busy - idleBusy);
    const isFull = room() <= 0 || generator.busy > GENERATOR_MAX;
    if (busy >= share * CLOSE_ENOUGH || isFull) return busy;
    const step = nextStep(viewers, share / busy);
    viewers += step;
    await join(Math.min(room(), step));
  }
}

/** How many more, when so many use a part of what is wanted. */
export function nextStep(viewers: number, missing: number): number {
  const more = Math.round(viewers * (missing - 1) * CAUTION);
  return Math.min(STEP_MAX, Math.max(STEP_MIN, more));
}
