/*
 * Cursors: viewers that follow a log. What is pending goes out in one call,
 * straight from the arena; nothing is allocated per viewer. With TLS it is
 * encrypted from there instead.
 *
 *   [ extent (start .. sealed end) ][ next extent ... head ]
 *        ^ position: mid-record after a partial send, else between two
 *
 * A cursor that is behind the log's lag position and whose socket is full is
 * late: it finishes its record, tells JavaScript, and waits to be moved.
 */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <sys/uio.h>

#include "tls.h"

/* A larger rest of a record is pinned where it stands instead of copied. */
#define REST_COPY_MAX_BYTES 65536

static void stand_in(Engine *engine, Cursor *cursor, Extent *extent) {
  if (extent) extent->refs++;
  if (cursor->extent) extent_unref(engine, cursor->extent);
  cursor->extent = extent;
}

static void moved_to(Connection *connection, int64_t position) {
  connection->cursor.position = position;
  connection->row[ROW_CURSOR] = (double)position;
}

static void place(Connection *connection, int64_t position) {
  Cursor *cursor = &connection->cursor;
  moved_to(connection, position);
  cursor->origin = cursor->record = position;
  cursor->boundary = true;
  cursor->kick = true;
}

void cursor_attach(Engine *engine, Connection *connection, Log *log, int64_t position,
                   bool urgent) {
  Cursor *cursor = &connection->cursor;
  cursor_detach(engine, connection);
  cursor->log = log;
  cursor->urgent = urgent;
  cursor->late = cursor->late_told = cursor->patched = false;
  cursor->at_limit = cursor->limit_told = false;
  cursor->skipped_ms = 0;
  cursor->limit = INT64_MAX;
  connection->row[ROW_TIMESTAMP] = -1;
  /* Fibonacci hashing spreads neighbouring slots over the whole tick. */
  cursor->phase = (uint16_t)(connection->slot * 2654435769u >> 16);
  list_push(&log->cursors, &cursor->in_log);
  log->row[LOG_CURSORS]++;
  engine->stats.cursors++;
  place(connection, position);
  wheel_add(engine, connection);
  connection_touch(engine, connection);
}

void cursor_detach(Engine *engine, Connection *connection) {
  Cursor *cursor = &connection->cursor;
  if (!cursor->log) return;
  if (connection_live(connection)) cursor_settle(engine, connection);
  link_remove(&cursor->wheel);
  link_remove(&cursor->in_log);
  stand_in(engine, cursor, NULL);
  cursor->log->row[LOG_CURSORS]--;
  cursor->log = NULL;
  cursor->kick = false;
  connection->row[ROW_CURSOR] = -1;
  connection->notify &= (uint8_t) ~(1 << EVENT_LATE | 1 << EVENT_LIMIT);
  engine->stats.cursors--;
  if (connection->first) connection_touch(engine, connection);
}

void cursor_move(Engine *engine, Connection *connection, int64_t position, uint32_t skipped_ms) {
  Cursor *cursor = &connection->cursor;
  if (!cursor->log || !cursor->late_told) return;
  cursor->late = cursor->late_told = false;
  /* What the viewer saw last, in the log's time as the new skip maps it: right
   * also when the cursor is late again before it sent anything. */
  double *seen = &connection->row[ROW_TIMESTAMP];
  if (*seen >= 0) *seen = (uint32_t)*seen + (skipped_ms - cursor->skipped_ms);
  cursor->skipped_ms = skipped_ms;
  cursor->patched = skipped_ms > 0 && framing_has_time(&cursor->log->framing);
  stand_in(engine, cursor, NULL);
  place(connection, position);
  wheel_add(engine, connection);
  connection_touch(engine, connection);
}

void cursor_limit(Engine *engine, Connection *connection, int64_t position) {
  Cursor *cursor = &connection->cursor;
  if (!cursor->log) return;
  cursor->limit = position;
  cursor->at_limit = cursor->limit_told = false;
  cursor->kick = true;
  connection->notify &= (uint8_t) ~(1 << EVENT_LIMIT);
  if (!cursor->late) wheel_add(engine, connection);
  connection_touch(engine, connection);
}

/* Start of the record that holds position, and its size; 0: between two, or
 * the extent does not parse, in which case there is nothing to be kept whole. */
static size_t record_at(const Engine *engine, const Cursor *cursor, int64_t *start) {
  const Extent *extent = cursor->extent;
  const uint8_t *p = extent_bytes(&engine->arena, extent);
  size_t end = (size_t)(extent_end(cursor->log, extent) - extent->start);
  size_t within = (size_t)(cursor->position - extent->start);
  size_t at = cursor->origin > extent->start ? (size_t)(cursor->origin - extent->start) : 0;
  while (at < within) {
    size_t size = framing_size(&cursor->log->framing, p + at, end - at);
    if (size == 0) return 0;
    if (at + size > within) {
      *start = extent->start + (int64_t)at;
      return size;
    }
    at += size;
  }
  return 0;
}

static void queue_rest(Engine *engine, Connection *connection, size_t length) {
  Cursor *cursor = &connection->cursor;
  Extent *extent = cursor->extent;
  if (length > REST_COPY_MAX_BYTES) {
    queue_span(engine, connection, extent, cursor->position, length);
    return;
  }
  const uint8_t *p = extent_bytes(&engine->arena, extent);
  queue_bytes(engine, connection, p + (cursor->position - extent->start), length);
}

void cursor_settle(Engine *engine, Connection *connection) {
  Cursor *cursor = &connection->cursor;
  if (cursor->boundary || !cursor->extent) return;
  int64_t start = 0;
  size_t size = record_at(engine, cursor, &start);
  cursor->boundary = true;
  if (size == 0) return;
  int64_t end = start + (int64_t)size;
  size_t owned = connection->owned_bytes;
  cursor->record = start;
  if (cursor->patched) {
    patch_rest(engine, connection, size);
  } else {
    queue_rest(engine, connection, (size_t)(end - cursor->position));
  }
  connection->rest_bytes += connection->owned_bytes - owned;
  cursor->record = end;
  moved_to(connection, end);
  connection_touch(engine, connection);
}

/* Largest timestamp between the origin and the position, which is a boundary. */
static void note_time(const Engine *engine, Connection *connection) {
  const Cursor *cursor = &connection->cursor;
  const Extent *extent = cursor->extent;
  const Framing *framing = &cursor->log->framing;
  if (!extent || cursor->position == cursor->origin || !framing_has_time(framing)) return;
  const uint8_t *p = extent_bytes(&engine->arena, extent);
  bool known = cursor->origin < extent->start;
  uint32_t largest = extent->time_before;
  size_t end = (size_t)(cursor->position - extent->start);
  size_t at = known ? 0 : (size_t)(cursor->origin - extent->start);
  for (size_t size; at < end; at += size) {
    size = framing_size(framing, p + at, end - at);
    if (size == 0) break;
    uint32_t time = framing_time(framing, p + at);
    if (!known || (int32_t)(time - largest) > 0) largest = time;
    known = true;
  }
  connection->row[ROW_TIMESTAMP] = largest;
}

static void tell_late(Engine *engine, Connection *connection) {
  connection->cursor.late_told = true;
  engine->stats.late++;
  dispatch_notify(engine, connection, EVENT_LATE);
}

static void become_late(Engine *engine, Connection *connection) {
  Cursor *cursor = &connection->cursor;
  cursor_settle(engine, connection);
  note_time(engine, connection);
  cursor->late = true;
  link_remove(&cursor->wheel);
  stand_in(engine, cursor, NULL);
  if (!connection->first) tell_late(engine, connection);
}

static void tell_limit(Engine *engine, Connection *connection) {
  connection->cursor.limit_told = true;
  dispatch_notify(engine, connection, EVENT_LIMIT);
}

static void reach_limit(Engine *engine, Connection *connection) {
  cursor_settle(engine, connection);
  connection->cursor.at_limit = true;
  link_remove(&connection->cursor.wheel);
  if (!connection->first) tell_limit(engine, connection);
}

void cursor_queue_empty(Engine *engine, Connection *connection) {
  Cursor *cursor = &connection->cursor;
  if (!cursor->log) return;
  if (cursor->late && !cursor->late_told) tell_late(engine, connection);
  if (cursor->at_limit && !cursor->limit_told) tell_limit(engine, connection);
}

/* Finds the extent to send from. False: it is gone, or not written yet. */
static bool enter_extent(Engine *engine, Cursor *cursor) {
  Extent *extent = cursor->extent;
  if (extent && (!extent->sealed || cursor->position < extent_end(cursor->log, extent))) return true;
  Extent *next = extent && extent->next ? extent->next : log_locate(cursor->log, cursor->position);
  while (next && next->sealed && extent_end(cursor->log, next) <= cursor->position) {
    next = next->next;
  }
  if (!next || next->start > cursor->position) return false;
  stand_in(engine, cursor, next);
  return true;
}

/* The kernel copies: all viewers are sent the same bytes, which lie in the cache, and
 * that is cheaper than to hand it their pages one by one (ADR 0012). */
static ssize_t send_from(Engine *engine, Connection *connection, const Extent *extent,
                         size_t length) {
  int64_t within = connection->cursor.position - extent->start;
  const uint8_t *bytes = extent_bytes(&engine->arena, extent) + within;
  if (connection->tls) return tls_send(engine, connection, bytes, length, false);
  return send(connection->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The rest of an extent together with the beginning of the next: one call, not two. */
static ssize_t send_across(Engine *engine, Connection *connection, const Extent *extent,
                           int64_t target) {
  const Arena *arena = &engine->arena;
  size_t within = (size_t)(connection->cursor.position - extent->start);
  struct iovec parts[2] = {
      {extent_bytes(arena, extent) + within, extent->used - within},
      {extent_bytes(arena, extent->next), (size_t)(target - extent->next->start)},
  };
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  return sendmsg(connection->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The target is in the cursor's extent or, if not encrypted, in the one behind it. */
static SendResult send_plain(Engine *engine, Connection *connection, int64_t target) {
  Cursor *cursor = &connection->cursor;
  Extent *extent = cursor->extent;
  bool across = target > extent_end(cursor->log, extent);
  size_t length = (size_t)(target - cursor->position);
  SendResult result;
  ssize_t n;
  do {
    n = across ? send_across(engine, connection, extent, target)
               : send_from(engine, connection, extent, length);
  } while (!sent_some(engine, connection, n, &result));
  if (result != SEND_DONE) return result;
  moved_to(connection, cursor->position + n);
  cursor->boundary = cursor->position == target;
  if (across && cursor->position > extent->next->start) stand_in(engine, cursor, extent->next);
  return SEND_DONE;
}

/* The position up to which one call may send. */
static int64_t reach(const Connection *connection, int64_t target) {
  const Cursor *cursor = &connection->cursor;
  const Extent *extent = cursor->extent;
  int64_t end = extent_end(cursor->log, extent);
  if (target <= end) return target;
  if (cursor->patched || connection->tls || !extent->next) return end;
  int64_t next_end = extent_end(cursor->log, extent->next);
  return target < next_end ? target : next_end;
}

/* Sends to the head or the limit. SEND_BLOCKED also where an extent is missing. */
static SendResult send_pending(Engine *engine, Connection *connection) {
  Cursor *cursor = &connection->cursor;
  for (;;) {
    int64_t target = log_head(cursor->log);
    if (target > cursor->limit) target = cursor->limit;
    if (cursor->position >= target) return SEND_DONE;
    if (!enter_extent(engine, cursor)) return SEND_BLOCKED;
    target = reach(connection, target);
    SendResult result = cursor->patched ? patch_send(engine, connection, target)
                                        : send_plain(engine, connection, target);
    if (result != SEND_DONE) return result;
  }
}

static int64_t late_before(const Log *log) {
  double lag = log->row[LOG_LAG], trim = log->row[LOG_TRIM];
  return (int64_t)(lag > trim ? lag : trim);
}

void cursor_send(Engine *engine, Connection *connection) {
  Cursor *cursor = &connection->cursor;
  if (!cursor->log || cursor->late || cursor->at_limit) return;
  if (connection->state != STATE_OPEN) return;
  SendResult result = SEND_BLOCKED;
  if (!connection->blocked && !connection->first) result = send_pending(engine, connection);
  if (result == SEND_FAILED) return;
  if (cursor->position >= cursor->limit) {
    reach_limit(engine, connection);
  } else if (result == SEND_BLOCKED && cursor->position < late_before(cursor->log)) {
    become_late(engine, connection);
  }
}
