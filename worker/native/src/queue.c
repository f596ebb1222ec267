/* What write() and writeSpan() leave to send, in order: own bytes and pieces of
 * logs. Adjacent writes share one item, and go out in one call. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tls.h"

/* With its struct within what malloc() keeps at hand for the next time (tcache). */
#define ITEM_BYTES_MIN (1024 - sizeof(QueueItem))
/* Of one call; more follow in the next. */
#define PIECES_MAX 8

static void append(Connection *connection, QueueItem *item) {
  item->next = NULL;
  if (connection->last) {
    connection->last->next = item;
  } else {
    connection->first = item;
  }
  connection->last = item;
}

static void count(Engine *engine, Connection *connection, double bytes) {
  connection->row[ROW_QUEUED] += bytes;
  engine->stats.queued += bytes;
}

static QueueItem *item_new(Engine *engine, size_t capacity) {
  QueueItem *item = malloc(sizeof *item + capacity);
  if (!item) abort(); /* As Node does: nothing sensible goes on without memory. */
  memset(item, 0, sizeof *item);
  item->capacity = capacity;
  engine->stats.items++;
  return item;
}

void queue_bytes(Engine *engine, Connection *connection, const uint8_t *bytes, size_t length) {
  QueueItem *last = connection->last;
  if (!last || last->extent || last->capacity - last->length < length) {
    last = item_new(engine, length > ITEM_BYTES_MIN ? length : ITEM_BYTES_MIN);
    append(connection, last);
  }
  memcpy(last->bytes + last->length, bytes, length);
  last->length += length;
  connection->owned_bytes += length;
  count(engine, connection, (double)length);
}

void queue_span(Engine *engine, Connection *connection, Extent *extent, int64_t position,
                size_t length) {
  QueueItem *item = item_new(engine, 0);
  item->extent = extent;
  item->position = position;
  item->length = length;
  extent->refs++;
  append(connection, item);
  count(engine, connection, (double)length);
}

static void drop_first(Engine *engine, Connection *connection) {
  QueueItem *item = connection->first;
  connection->first = item->next;
  if (!item->next) {
    connection->last = NULL;
    connection->rest_bytes = 0;
  }
  if (item->extent) {
    extent_unref(engine, item->extent);
  } else {
    connection->owned_bytes -= item->length;
  }
  count(engine, connection, -(double)(item->length - item->sent));
  engine->stats.items--;
  free(item);
}

void queue_clear(Engine *engine, Connection *connection) {
  while (connection->first) drop_first(engine, connection);
}

bool sent_some(Engine *engine, Connection *connection, ssize_t n, SendResult *result) {
  engine->stats.send_calls++;
  if (n > 0) {
    connection->row[ROW_SENT] += (double)n;
    engine->stats.sent += (double)n;
    *result = SEND_DONE;
    return true;
  }
  if (n < 0 && errno == EINTR) return false;
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    connection->blocked = true;
    *result = SEND_BLOCKED;
    return true;
  }
  connection_close(engine, connection, n < 0 ? socket_reason(errno) : CLOSE_ERROR);
  *result = SEND_FAILED;
  return true;
}

static const uint8_t *item_bytes(const Engine *engine, const QueueItem *item) {
  const uint8_t *bytes = item->bytes;
  if (item->extent) {
    bytes = extent_bytes(&engine->arena, item->extent) + (item->position - item->extent->start);
  }
  return bytes + item->sent;
}

/* An answer's head, and its body that lies in two or three extents, in one call. */
static ssize_t send_items(Engine *engine, Connection *connection) {
  const QueueItem *item = connection->first;
  size_t left = item->length - item->sent;
  if (connection->tls) {
    bool more = item->next != NULL; /* They should share records and packets. */
    return tls_send(engine, connection, item_bytes(engine, item), left, more);
  }
  if (!item->next) {
    return send(connection->fd, item_bytes(engine, item), left, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  struct iovec pieces[PIECES_MAX];
  struct msghdr message = {.msg_iov = pieces};
  for (; item && message.msg_iovlen < PIECES_MAX; item = item->next) {
    struct iovec *piece = &pieces[message.msg_iovlen++];
    piece->iov_base = (void *)item_bytes(engine, item);
    piece->iov_len = item->length - item->sent;
  }
  int more = item ? MSG_MORE : 0;
  return sendmsg(connection->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL | more);
}

static void sent_items(Engine *engine, Connection *connection, size_t bytes) {
  while (bytes > 0) {
    QueueItem *item = connection->first;
    size_t left = item->length - item->sent;
    size_t n = bytes < left ? bytes : left;
    item->sent += n;
    bytes -= n;
    count(engine, connection, -(double)n);
    if (n == left) drop_first(engine, connection);
  }
}

void queue_now(Engine *engine, Connection *connection, const uint8_t *bytes, size_t length) {
  size_t sent = 0;
  if (!connection->tls) { /* What TLS still has of earlier sends goes first. */
    SendResult result;
    ssize_t n;
    do {
      n = send(connection->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (!sent_some(engine, connection, n, &result));
    if (result == SEND_FAILED) return;
    if (result == SEND_DONE) sent = (size_t)n;
    if (sent == length) return;
  }
  queue_bytes(engine, connection, bytes + sent, length - sent);
  connection_touch(engine, connection);
}

SendResult queue_send(Engine *engine, Connection *connection) {
  if (connection->tls) {
    SendResult before = tls_flush(engine, connection);
    if (before != SEND_DONE) return before;
  }
  while (connection->first) {
    SendResult result;
    ssize_t n = send_items(engine, connection);
    if (!sent_some(engine, connection, n, &result)) continue;
    if (result != SEND_DONE) return result;
    sent_items(engine, connection, (size_t)n);
  }
  /* With TLS all may be accepted, and the kernel be full. */
  return connection->blocked ? SEND_BLOCKED : SEND_DONE;
}
