import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { WorkerError } from '../errors.ts';
import { LAYOUT_VERSION } from './binding.ts';
import type { Addon, Binding, SharedMemory } from './binding.ts';
import type { EngineOptions } from './engine.ts';

const BUILD = fileURLToPath(new URL('../../native/build/engine.node', import.meta.url));
const HOW = 'install gcc, libc6-dev and make, then run `make -C worker/native`';

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Throws ENGINE_MISSING or ENGINE_BROKEN with what to do. */
export function loadAddon(file: string = BUILD): Addon {
  if (!existsSync(file)) throw new WorkerError('ENGINE_MISSING', HOW);
  let addon: Addon;
  try {
    addon = createRequire(import.meta.url)(file) as Addon;
  } catch (error) {
    throw new WorkerError('ENGINE_BROKEN', `${messageOf(error)}; ${HOW}`, { cause: error });
  }
  if (addon.layout !== LAYOUT_VERSION) {
    throw new WorkerError('ENGINE_BROKEN', `it was built from other sources; ${HOW}`);
  }
  return addon;
}

/** Throws ENGINE_BROKEN when this kernel lacks what the engine needs. */
export function openEngine(
  addon: Addon,
  options: EngineOptions,
  memory: SharedMemory,
  dispatch: (from: number, count: number) => void,
): Binding {
  try {
    return addon.create(options, memory, dispatch);
  } catch (error) {
    throw new WorkerError('ENGINE_BROKEN', messageOf(error), { cause: error });
  }
}
