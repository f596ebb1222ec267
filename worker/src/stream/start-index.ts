/** A frame of a log at which a viewer can start. */
export interface StartPoint {
  position: number;
  sequence: number;
  dtsMs: number;
  /** No frame behind it in the log is older than this. */
  floorDtsMs: number;
}

const FIELDS = 4;

/** Enough for the window of a stream with a key frame every two seconds. */
const FIRST_CAPACITY = 16;

/**
 * The start points (key frames; every second or so without video) of one log,
 * oldest first, in a ring that grows up to its capacity: then the oldest falls out.
 */
export class StartIndex {
  private readonly capacity: number;
  private ring: Float64Array;
  private places: number;
  private first = 0;
  private count = 0;

  constructor(capacity = 128) {
    this.capacity = capacity;
    this.places = Math.min(FIRST_CAPACITY, capacity);
    this.ring = new Float64Array(this.places * FIELDS);
  }

  get size(): number {
    return this.count;
  }

  push(position: number, sequence: number, dtsMs: number, floorDtsMs: number): void {
    if (this.count === this.capacity) this.dropOldest();
    if (this.count === this.places) this.grow();
    const at = ((this.first + this.count) % this.places) * FIELDS;
    this.ring[at] = position;
    this.ring[at + 1] = sequence;
    this.ring[at + 2] = dtsMs;
    this.ring[at + 3] = floorDtsMs;
    this.count += 1;
  }

  /** Forgets the points in front of position. */
  trim(position: number): void {
    while (this.count > 0 && this.field(0, 0) < position) this.dropOldest();
  }

  newest(): StartPoint | undefined {
    return this.count === 0 ? undefined : this.point(this.count - 1);
  }

  /** Position of the newest point, -1 without one; no allocation. */
  get newestPosition(): number {
    return this.count === 0 ? -1 : this.field(this.count - 1, 0);
  }

  /** Time from the oldest point to the newest; no allocation. */
  get spanMs(): number {
    return this.count === 0 ? 0 : this.field(this.count - 1, 2) - this.field(0, 2);
  }

  oldest(): StartPoint | undefined {
    return this.count === 0 ? undefined : this.point(0);
  }

  /** The oldest one, once older ones fell out. */
  oldestOfFull(): StartPoint | undefined {
    return this.count === this.capacity ? this.point(0) : undefined;
  }

  /** All of them, by position; for reading a log back. */
  byPosition(): Map<number, StartPoint> {
    return new Map(this.all().map((point) => [point.position, point]));
  }

  /** All of them, oldest first. */
  all(): StartPoint[] {
    return Array.from({ length: this.count }, (_, index) => this.point(index));
  }

  /** The newest point at or before a place in the log. */
  atOrBeforePosition(position: number): StartPoint | undefined {
    return this.atOrBefore(0, position);
  }

  /** The oldest point behind a place in the log. */
  afterPosition(position: number): StartPoint | undefined {
    for (let index = 0; index < this.count; index += 1) {
      if (this.field(index, 0) > position) return this.point(index);
    }
    return undefined;
  }

  /** The newest point at or before a frame. */
  atOrBeforeSequence(sequence: number): StartPoint | undefined {
    return this.atOrBefore(1, sequence);
  }

  /** The newest point at or before a time. */
  atOrBeforeDts(dtsMs: number): StartPoint | undefined {
    return this.atOrBefore(2, dtsMs);
  }

  /** The oldest point that is not before a time. */
  atOrAfterDts(dtsMs: number): StartPoint | undefined {
    for (let index = 0; index < this.count; index += 1) {
      if (this.field(index, 2) >= dtsMs) return this.point(index);
    }
    return undefined;
  }

  private atOrBefore(field: number, limit: number): StartPoint | undefined {
    for (let index = this.count - 1; index >= 0; index -= 1) {
      if (this.field(index, field) <= limit) return this.point(index);
    }
    return undefined;
  }

  private grow(): void {
    const places = Math.min(this.places * 2, this.capacity);
    const ring = new Float64Array(places * FIELDS);
    const start = this.first * FIELDS;
    ring.set(this.ring.subarray(start));
    ring.set(this.ring.subarray(0, start), this.ring.length - start);
    this.ring = ring;
    this.places = places;
    this.first = 0;
  }

  private dropOldest(): void {
    this.first = (this.first + 1) % this.places;
    this.count -= 1;
  }

  private field(index: number, field: number): number {
    return this.ring[((this.first + index) % this.places) * FIELDS + field] ?? 0;
  }

  private point(index: number): StartPoint {
    return {
      position: this.field(index, 0),
      sequence: this.field(index, 1),
      dtsMs: this.field(index, 2),
      floorDtsMs: this.field(index, 3),
    };
  }
}
