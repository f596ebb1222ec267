/*
 * Logs: append-only lists of extents. JavaScript writes records straight into
 * the newest extent and bumps LOG_HEAD; nothing is called per record.
 *
 *   tail                                                      head
 *    | oldest      | ...            | newest                   |
 *    [=============][===============][=========================.....]
 *      ^ cursor (one ref)    ^ span (one ref)                   room
 */
#include <stdlib.h>

#include "engine.h"

/* Small first, so that a thousand idle streams stay small. One that was full
 * within seconds is followed by a larger one, so that frees are few,
 * and sends rarely end at a border; one that took long by a smaller one, since
 * memory comes back by whole extents. */
#define EXTENT_FIRST_BYTES UNIT_BYTES
#define EXTENT_GROWTH 4
#define EXTENT_MAX_BYTES (64 * UNIT_BYTES)
#define FILLED_SOON_MS 1500
#define FILLED_LATE_MS 16000

Log *log_open(Engine *engine, Framing framing) {
  if (engine->log_free_count == 0) return NULL;
  Log *log = calloc(1, sizeof *log);
  if (!log) return NULL;
  log->slot = engine->log_free[--engine->log_free_count];
  log->framing = framing;
  log->row = engine->log_rows + (size_t)log->slot * LOG_FIELDS;
  for (int i = 0; i < LOG_FIELDS; i++) log->row[i] = 0;
  link_init(&log->cursors);
  engine->logs[log->slot] = log;
  engine->stats.logs++;
  return log;
}

int64_t extent_end(const Log *log, const Extent *extent) {
  return extent->sealed ? extent->start + extent->used : log_head(log);
}

static void extent_free(Engine *engine, Extent *extent) {
  arena_give(&engine->arena, extent->first_unit, extent->capacity / UNIT_BYTES);
  engine->stats.extents--;
  free(extent);
}

void extent_unref(Engine *engine, Extent *extent) {
  if (--extent->refs == 0 && extent->released) extent_free(engine, extent);
}

/* The log lets go of its extent; cursors and spans may hold on to it. */
static void release(Engine *engine, Log *log, Extent *extent) {
  if (extent->prev) extent->prev->next = extent->next;
  if (extent->next) extent->next->prev = extent->prev;
  if (log->oldest == extent) log->oldest = extent->next;
  if (log->newest == extent) log->newest = extent->prev;
  extent->prev = extent->next = NULL;
  extent->released = true;
  if (extent->refs == 0) extent_free(engine, extent);
}

/* The largest timestamp up to the extent's end, in serial arithmetic. */
static uint32_t last_time(const Engine *engine, const Log *log, const Extent *extent) {
  uint32_t largest = extent->time_before;
  bool known = extent->prev != NULL || largest != 0;
  if (!framing_has_time(&log->framing)) return largest;
  const uint8_t *p = extent_bytes(&engine->arena, extent);
  for (size_t at = 0, size; at < extent->used; at += size) {
    size = framing_size(&log->framing, p + at, extent->used - at);
    if (size == 0) break;
    uint32_t time = framing_time(&log->framing, p + at);
    if (!known || (int32_t)(time - largest) > 0) largest = time;
    known = true;
  }
  return largest;
}

static void seal(Log *log, Extent *extent) {
  extent->used = (uint32_t)(log_head(log) - extent->start);
  extent->sealed = true;
}

static uint32_t next_bytes(const Log *log, uint64_t now) {
  uint32_t bytes = log->extent_bytes;
  if (!log->newest) return EXTENT_FIRST_BYTES;
  uint64_t took = now - log->extended_at_ms;
  if (took < FILLED_SOON_MS && bytes < EXTENT_MAX_BYTES) return bytes * EXTENT_GROWTH;
  if (took > FILLED_LATE_MS && bytes > EXTENT_FIRST_BYTES) return bytes / EXTENT_GROWTH;
  return bytes;
}

Extent *log_extend(Engine *engine, Log *log, uint32_t bytes) {
  uint64_t now = now_ms();
  uint32_t usual = next_bytes(log, now);
  uint32_t capacity = bytes > usual ? bytes : usual;
  uint32_t units = (capacity + UNIT_BYTES - 1) / UNIT_BYTES;
  int64_t first = arena_take(&engine->arena, units);
  if (first < 0 && bytes < capacity) {
    units = (bytes + UNIT_BYTES - 1) / UNIT_BYTES;
    first = arena_take(&engine->arena, units);
  }
  if (first < 0) return NULL;
  Extent *extent = calloc(1, sizeof *extent);
  if (!extent) {
    arena_give(&engine->arena, (uint32_t)first, units);
    return NULL;
  }
  extent->first_unit = (uint32_t)first;
  extent->capacity = units * UNIT_BYTES;
  extent->start = log_head(log);
  if (log->newest) {
    seal(log, log->newest);
    extent->time_before = last_time(engine, log, log->newest);
    log->newest->next = extent;
    extent->prev = log->newest;
  } else {
    log->oldest = extent;
  }
  log->newest = extent;
  log->extent_bytes = usual;
  log->extended_at_ms = now;
  engine->stats.extents++;
  return extent;
}

void log_trim(Engine *engine, Log *log) {
  int64_t position = (int64_t)log->row[LOG_TRIM];
  while (log->oldest && log->oldest->sealed && extent_end(log, log->oldest) <= position) {
    release(engine, log, log->oldest);
  }
}

Extent *log_locate(Log *log, int64_t position) {
  for (Extent *extent = log->newest; extent; extent = extent->prev) {
    if (extent->start <= position) return extent;
  }
  return NULL;
}

void log_close(Engine *engine, Log *log) {
  while (!link_alone(&log->cursors)) {
    cursor_detach(engine, LIST_ENTRY(log->cursors.next, Connection, cursor.in_log));
  }
  if (log->newest && !log->newest->sealed) seal(log, log->newest);
  while (log->oldest) release(engine, log, log->oldest);
  engine->logs[log->slot] = NULL;
  engine->log_free[engine->log_free_count++] = log->slot;
  engine->stats.logs--;
  free(log);
}
