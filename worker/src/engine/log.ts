import type { Binding, EngineDoor, SharedMemory } from './binding.ts';
import { LOG, LOG_FIELDS } from './binding.ts';
import type { EngineLog, Extent, Framing } from './engine.ts';

/** In the order of the engine's own. */
const FRAMINGS: readonly Framing[] = ['flv', 'ws-flv', 'rtmp', 'relay', 'raw'];
const DEFAULT_CHUNK_BYTES = 128;
const NOTHING = Buffer.alloc(0);

/** `used` of the newest extent is what the head says, of others it is fixed. */
class LogExtent implements Extent {
  readonly start: number;
  readonly buffer: Buffer;
  readonly #log: NativeLog;
  #sealed = -1;

  constructor(log: NativeLog, start: number, buffer: Buffer) {
    this.#log = log;
    this.start = start;
    this.buffer = buffer;
  }

  get used(): number {
    return this.#sealed >= 0 ? this.#sealed : this.#log.head - this.start;
  }

  get end(): number {
    return this.start + this.used;
  }

  seal(): void {
    this.#sealed = this.used;
  }
}

/** Appends without calling the engine: the head lies in a shared table. */
export class NativeLog implements EngineLog {
  readonly id: number;
  readonly framing: Framing;
  buffer: Buffer = NOTHING;
  offset = 0;
  readonly #binding: Binding;
  readonly #memory: SharedMemory;
  readonly #rows: Float64Array;
  readonly #row: number;
  readonly #extents: LogExtent[] = [];
  #head = 0;
  #closed = false;

  /** Throws RangeError when the engine holds as many logs as it can. */
  constructor({ binding, memory }: EngineDoor, framing: Framing, chunkBytes?: number) {
    const slot = binding.openLog(FRAMINGS.indexOf(framing), chunkBytes ?? DEFAULT_CHUNK_BYTES);
    if (!(slot >= 0)) throw new RangeError('too many logs');
    this.id = slot;
    this.framing = framing;
    this.#binding = binding;
    this.#memory = memory;
    this.#rows = memory.logRows;
    this.#row = slot * LOG_FIELDS;
  }

  /** The slot for a call about bytes from position on. */
  static slotOf(log: EngineLog, position: number): number {
    if (!(log instanceof NativeLog) || log.#closed) throw new TypeError('not an open log');
    if (!(position >= log.tail || position === 0)) {
      throw new RangeError(`position ${position} is gone`);
    }
    return log.id;
  }

  get head(): number {
    return this.#head;
  }

  get tail(): number {
    return this.#extents[0]?.start ?? this.#head;
  }

  get cursors(): number {
    return this.#closed ? 0 : (this.#rows[this.#row + LOG.CURSORS] ?? 0);
  }

  get arenaBytes(): number {
    return this.#extents.reduce((bytes, { buffer }) => bytes + buffer.length, 0);
  }

  reserve(bytes: number): boolean {
    return this.offset + bytes <= this.buffer.length ? !this.#closed : this.#extend(bytes);
  }

  commit(bytes: number): number {
    const position = this.#head;
    if (this.offset + bytes > this.buffer.length) throw new RangeError('more than was reserved');
    this.offset += bytes;
    this.#head = position + bytes;
    this.#rows[this.#row + LOG.HEAD] = this.#head;
    return position;
  }

  trim(position: number): void {
    const row = this.#row + LOG.TRIM;
    if (this.#closed || !(position > (this.#rows[row] ?? 0))) return;
    this.#rows[row] = Math.min(position, this.#head);
    let gone = 0;
    while (gone < this.#extents.length - 1 && (this.#extents[gone]?.end ?? Infinity) <= position) {
      gone += 1;
    }
    if (gone === 0) return;
    this.#extents.splice(0, gone);
    this.#binding.trim(this.id);
  }

  setLagPosition(position: number): void {
    if (!this.#closed) this.#rows[this.#row + LOG.LAG] = position;
  }

  locate(position: number): Extent | undefined {
    for (let i = this.#extents.length - 1; i >= 0; i -= 1) {
      const extent = this.#extents[i];
      if (extent !== undefined && extent.start <= position) {
        return position <= extent.end ? extent : undefined;
      }
    }
    return undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#binding.closeLog(this.id);
    this.#extents.length = 0;
    this.buffer = NOTHING;
    this.offset = 0;
  }

  #extend(bytes: number): boolean {
    if (this.#closed) return false;
    const at = this.#binding.extend(this.id, bytes);
    if (!(at >= 0)) return false;
    const capacity = this.#memory.results[0] ?? 0;
    this.#extents.at(-1)?.seal();
    this.buffer = Buffer.from(this.#binding.arena, at, capacity);
    this.offset = 0;
    this.#extents.push(new LogExtent(this, this.#head, this.buffer));
    return true;
  }
}
