/*
 * Patched mode: a viewer that jumped goes on with timestamps reduced by what it
 * skipped. Heads of records are copied and rewritten, bodies go out from where
 * they stand. What was sent of a record is known by position alone, so the
 * bytes after a partial send are simply made again.
 *
 *   record:  [head + time][body .......][type-3 head + time][body ...]
 *   iovec:   [scratch    ][arena .......][scratch           ][arena ...]
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/socket.h>

#include "tls.h"

#define PIECES_MAX 64
#define HEAD_MAX 32

typedef struct {
  struct iovec pieces[PIECES_MAX];
  uint8_t scratch[PIECES_MAX][HEAD_MAX];
  int count;
  size_t skip; /* Bytes of the record that were sent already. */
} Batch;

static bool full(const Batch *batch) { return batch->count == PIECES_MAX; }

static void add(Batch *batch, const uint8_t *p, size_t length) {
  if (batch->skip >= length) {
    batch->skip -= length;
    return;
  }
  batch->pieces[batch->count].iov_base = (void *)(p + batch->skip);
  batch->pieces[batch->count].iov_len = length - batch->skip;
  batch->count++;
  batch->skip = 0;
}

/* The copy that may be written to; only kept if add() takes it. */
static uint8_t *copy(Batch *batch, const uint8_t *p, size_t length) {
  return memcpy(batch->scratch[batch->count], p, length);
}

/* Continuations of an rtmp record with extended time repeat it (5.3.1.3). */
static void add_chunks(Batch *batch, const Framing *framing, const uint8_t *p, size_t size,
                       uint32_t time) {
  size_t head = framing_extended(framing, p);
  size_t at = framing_head(framing, p);
  while (at < size && !full(batch)) {
    size_t body = size - at < framing->chunk_bytes ? size - at : framing->chunk_bytes;
    add(batch, p + at, body);
    at += body;
    if (at >= size || full(batch)) return;
    uint8_t *patched = copy(batch, p + at, head);
    for (int i = 0; i < 4; i++) patched[head - 4 + (size_t)i] = (uint8_t)(time >> (24 - 8 * i));
    add(batch, patched, head);
    at += head;
  }
}

static void add_record(Batch *batch, const Cursor *cursor, const uint8_t *p, size_t size) {
  const Framing *framing = &cursor->log->framing;
  size_t head = framing_head(framing, p);
  uint32_t time = framing_time(framing, p) - cursor->skipped_ms;
  uint8_t *patched = copy(batch, p, head);
  framing_set_time(framing, patched, time);
  add(batch, patched, head);
  if (framing_extended(framing, p)) {
    add_chunks(batch, framing, p, size, time);
  } else if (!full(batch)) {
    add(batch, p + head, size - head);
  }
}

static const uint8_t *bytes_at(const Engine *engine, const Cursor *cursor, int64_t position) {
  return extent_bytes(&engine->arena, cursor->extent) + (position - cursor->extent->start);
}

/* Bytes of the record at cursor->record; a record that does not parse is sent
 * as it is, up to the target. */
static size_t size_at(const Engine *engine, const Cursor *cursor, int64_t at, int64_t target) {
  return framing_size(&cursor->log->framing, bytes_at(engine, cursor, at), (size_t)(target - at));
}

static void fill(const Engine *engine, const Cursor *cursor, Batch *batch, int64_t target) {
  batch->count = 0;
  batch->skip = (size_t)(cursor->position - cursor->record);
  for (int64_t at = cursor->record; at < target && batch->count < PIECES_MAX;) {
    size_t size = size_at(engine, cursor, at, target);
    const uint8_t *p = bytes_at(engine, cursor, at);
    if (size == 0) {
      add(batch, p, (size_t)(target - at));
      return;
    }
    add_record(batch, cursor, p, size);
    at += (int64_t)size;
  }
}

/* Moves `record` to the start of the record that position stands in. */
static void follow(const Engine *engine, Cursor *cursor, int64_t target) {
  while (cursor->record < cursor->position) {
    size_t size = size_at(engine, cursor, cursor->record, target);
    int64_t end = size == 0 ? cursor->position : cursor->record + (int64_t)size;
    if (end > cursor->position) return;
    cursor->record = end;
  }
}

static ssize_t send_batch(Engine *engine, Connection *connection, Batch *batch) {
  if (connection->tls) return tls_send_pieces(engine, connection, batch->pieces, batch->count);
  struct msghdr message = {.msg_iov = batch->pieces, .msg_iovlen = (size_t)batch->count};
  return sendmsg(connection->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

SendResult patch_send(Engine *engine, Connection *connection, int64_t target) {
  Cursor *cursor = &connection->cursor;
  Batch batch;
  fill(engine, cursor, &batch, target);
  SendResult result;
  ssize_t n;
  do {
    n = send_batch(engine, connection, &batch);
  } while (!sent_some(engine, connection, n, &result));
  if (result != SEND_DONE) return result;
  cursor->position += n;
  connection->row[ROW_CURSOR] = (double)cursor->position;
  follow(engine, cursor, target);
  cursor->boundary = cursor->record == cursor->position;
  return SEND_DONE;
}

void patch_rest(Engine *engine, Connection *connection, size_t record_bytes) {
  Cursor *cursor = &connection->cursor;
  Batch batch;
  int64_t end = cursor->record + (int64_t)record_bytes;
  int64_t position = cursor->position;
  while (cursor->position < end) {
    fill(engine, cursor, &batch, end);
    for (int i = 0; i < batch.count; i++) {
      queue_bytes(engine, connection, batch.pieces[i].iov_base, batch.pieces[i].iov_len);
      cursor->position += (int64_t)batch.pieces[i].iov_len;
    }
  }
  cursor->position = position; /* The caller moves it, as for a plain rest. */
}
