import type { EngineLog, Extent, Framing } from '../../engine/engine.ts';

interface MemoryExtent {
  readonly start: number;
  readonly buffer: Buffer;
  used: number;
}

/** Memory that all logs of one MemoryEngine share. */
export interface Budget {
  leftBytes: number;
}

const EXTENT_BYTES = 16 * 1024;
let nextId = 1;

/** An EngineLog on plain buffers, with small extents so that they matter. */
export class MemoryLog implements EngineLog {
  readonly id = nextId++;
  readonly framing: Framing;
  tail = 0;
  lagPosition = 0;
  cursors = 0;
  isClosed = false;
  private readonly budget: Budget;
  private extents: MemoryExtent[] = [];

  constructor(framing: Framing, budget: Budget) {
    this.framing = framing;
    this.budget = budget;
  }

  private get last(): MemoryExtent {
    const last = this.extents.at(-1);
    if (last === undefined) throw new Error('reserve() first');
    return last;
  }

  get arenaBytes(): number {
    return this.extents.reduce((bytes, { buffer }) => bytes + buffer.length, 0);
  }

  get buffer(): Buffer {
    return this.last.buffer;
  }

  get offset(): number {
    return this.last.used;
  }

  get head(): number {
    const last = this.extents.at(-1);
    return last === undefined ? this.tail : last.start + last.used;
  }

  reserve(bytes: number): boolean {
    const last = this.extents.at(-1);
    if (last !== undefined && last.used + bytes <= last.buffer.length) return true;
    const size = Math.max(bytes, EXTENT_BYTES);
    if (size > this.budget.leftBytes) return false;
    this.budget.leftBytes -= size;
    this.extents.push({ start: this.head, buffer: Buffer.alloc(size), used: 0 });
    return true;
  }

  commit(bytes: number): number {
    const { last } = this;
    if (last.used + bytes > last.buffer.length) throw new Error('more than was reserved');
    const position = last.start + last.used;
    last.used += bytes;
    return position;
  }

  trim(position: number): void {
    while (this.extents.length > 1 && endOf(this.extents[0]!) <= position) {
      this.budget.leftBytes += this.extents.shift()!.buffer.length;
    }
    this.tail = Math.max(this.tail, Math.min(position, this.head));
  }

  setLagPosition(position: number): void {
    this.lagPosition = position;
  }

  locate(position: number): Extent | undefined {
    return this.extents.find((extent) => extent.start <= position && position < endOf(extent));
  }

  close(): void {
    for (const extent of this.extents) this.budget.leftBytes += extent.buffer.length;
    this.extents = [];
    this.isClosed = true;
  }

  /** Bytes [position, position + length), over extents. */
  read(position: number, length: number): Buffer {
    const pieces: Buffer[] = [];
    let at = position;
    while (at < position + length) {
      const extent = this.locate(at);
      if (extent === undefined) throw new Error(`position ${at} is gone`);
      const end = Math.min(extent.start + extent.used, position + length);
      pieces.push(Buffer.from(extent.buffer.subarray(at - extent.start, end - extent.start)));
      at = end;
    }
    return Buffer.concat(pieces);
  }
}

function endOf(extent: MemoryExtent): number {
  return extent.start + extent.used;
}

/** The test's own view of a log. */
export function memoryLog(log: EngineLog): MemoryLog {
  if (log instanceof MemoryLog) return log;
  throw new TypeError('not a log in memory');
}
