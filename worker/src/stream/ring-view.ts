import type { EngineLog } from '../engine/engine.ts';
import type { LogKind, PackagedLog } from './packaged-log.ts';
import type { StartPoint } from './start-index.ts';
import type { StreamViewer, ViewerProtocol, ViewerState } from './viewer.ts';

/** One log as it lies in the arena, for whoever draws it. Positions are bytes that only grow. */
interface LogView {
  readonly kind: LogKind;
  /** Oldest byte that is kept, and the one behind the newest. */
  readonly tail: number;
  readonly head: number;
  readonly cursors: number;
  readonly arenaBytes: number;
  readonly droppedFrames: number;
  /** Where viewers can start, oldest first: each begins a GOP. */
  readonly starts: readonly Pick<StartPoint, 'position' | 'sequence' | 'dtsMs'>[];
  /** Pieces of the arena, oldest first. */
  readonly extents: readonly ExtentView[];
}

interface ExtentView {
  readonly start: number;
  readonly usedBytes: number;
  readonly bytes: number;
}

/** A viewer's cursor, or another worker's. */
interface ReaderView {
  /** Of its session; of another worker: of the viewer. */
  readonly id: string;
  readonly protocol: ViewerProtocol;
  /** `pending`: it waits for a key frame and has no cursor yet. */
  readonly state: ViewerState;
  /** The next byte that it is sent; -1 without a cursor. */
  readonly position: number;
  readonly lagBytes: number;
  /** In media time, reckoned between two start points. */
  readonly lagMs: number;
  readonly skips: number;
  readonly skippedMs: number;
  readonly startedUnixMs: number;
  readonly address: string;
}

export interface RingView {
  readonly newestDtsMs: number;
  readonly logs: readonly LogView[];
  /** How many there are. */
  readonly readersTotal: number;
  /** The slowest ones, of the first MAX_SEEN. */
  readonly readers: readonly ReaderView[];
}

export interface RingParts {
  readonly logs: readonly PackagedLog[];
  readonly readers: { readonly size: number } & Iterable<StreamViewer>;
  readonly newestDtsMs: number;
}

/** Looking at more would hold up the loop for milliseconds. */
const MAX_SEEN = 5_000;
const MAX_READERS = 200;

/** Where the writer, the GOPs and the readers of a stream are now. */
export function ringView({ logs, readers, newestDtsMs }: RingParts): RingView {
  const lags = readers.size === 0 ? [] : slowest(readers);
  return {
    newestDtsMs,
    logs: logs.map(logView),
    readersTotal: readers.size,
    readers: lags.map(({ viewer, lagBytes }) => readerView(viewer, lagBytes, newestDtsMs)),
  };
}

interface Lag {
  readonly viewer: StreamViewer;
  readonly lagBytes: number;
}

function slowest(readers: RingParts['readers']): Lag[] {
  const lags: Lag[] = [];
  for (const viewer of readers) {
    if (lags.length === MAX_SEEN) break;
    const { log, connection } = viewer;
    const { cursorPosition } = connection;
    const lagBytes = log === undefined || cursorPosition < 0 ? 0 : log.log.head - cursorPosition;
    lags.push({ viewer, lagBytes });
  }
  return lags.sort((a, b) => b.lagBytes - a.lagBytes).slice(0, MAX_READERS);
}

function readerView(viewer: StreamViewer, lagBytes: number, newestDtsMs: number): ReaderView {
  const { log, connection, protocol, state, skips, skippedMs, startedUnixMs } = viewer;
  const { cursorPosition: position, remoteAddress: address } = connection;
  const lagMs =
    log === undefined || lagBytes === 0 ? 0 : newestDtsMs - dtsAt(log, position, newestDtsMs);
  return {
    ...{ id: viewer.request.sessionId ?? viewer.id, protocol, state, position, lagBytes },
    ...{ lagMs: Math.max(0, Math.round(lagMs)), skips, skippedMs, startedUnixMs, address },
  };
}

/** Between two start points bytes pass evenly, near enough for a drawing. */
function dtsAt({ log, starts }: PackagedLog, position: number, newestDtsMs: number): number {
  const before = starts.atOrBeforePosition(position) ?? starts.oldest();
  if (before === undefined) return newestDtsMs;
  const after = starts.afterPosition(before.position);
  const end = after ?? { position: log.head, dtsMs: newestDtsMs };
  const share = (position - before.position) / Math.max(1, end.position - before.position);
  return before.dtsMs + Math.max(0, share) * (end.dtsMs - before.dtsMs);
}

function logView({ kind, log, starts, droppedFrames }: PackagedLog): LogView {
  const { tail, head, cursors, arenaBytes } = log;
  const points = starts
    .all()
    .map(({ position, sequence, dtsMs }) => ({ position, sequence, dtsMs }));
  return {
    ...{ kind, tail, head, cursors, arenaBytes, droppedFrames },
    starts: points,
    extents: extentsOf(log),
  };
}

function extentsOf(log: EngineLog): ExtentView[] {
  const extents: ExtentView[] = [];
  let next = log.tail;
  while (next < log.head) {
    const extent = log.locate(next);
    if (extent === undefined || extent.used === 0) break;
    extents.push({ start: extent.start, usedBytes: extent.used, bytes: extent.buffer.length });
    next = extent.start + extent.used;
  }
  return extents;
}
