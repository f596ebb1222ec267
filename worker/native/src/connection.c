/* One TCP connection: slots, reading, flushing, ending. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls.h"

/* Of one connection in one batch; the others are read before its next turn. */
#define READ_BUDGET_BYTES 65536
#define READ_ROOM_MIN_BYTES 8192
#define DISCARD_BYTES (1 << 20)
#define CONNECT_TIMEOUT_MS 10000
#define HANDSHAKE_TIMEOUT_MS 10000
#define END_TIMEOUT_MS 5000

Connection *connection_open(Engine *engine, int fd, ConnectionState state) {
  if (engine->free_count == 0) {
    close(fd);
    return NULL;
  }
  uint32_t slot = engine->free_slots[--engine->free_count];
  Connection *connection = &engine->connections[slot];
  *connection = (Connection){.fd = fd, .slot = slot, .state = state};
  engine->generation = (engine->generation + 1) & 0x7FFFFFFF;
  connection->generation = engine->generation;
  connection->row = engine->rows + (size_t)slot * ROW_FIELDS;
  for (int i = 0; i < ROW_FIELDS; i++) connection->row[i] = 0;
  connection->row[ROW_CURSOR] = -1;
  link_init(&connection->ready);
  link_init(&connection->dirty);
  link_init(&connection->notifying);
  link_init(&connection->deadlines);
  link_init(&connection->cursor.wheel);
  link_init(&connection->cursor.in_log);
  engine->stats.connections++;
  return connection;
}

static void set_deadline(Engine *engine, Connection *connection, uint64_t in_ms) {
  connection->deadline_ms = now_ms() + in_ms;
  if (link_alone(&connection->deadlines)) list_push(&engine->deadlines, &connection->deadlines);
  engine_keep_house(engine);
}

void connection_shake(Engine *engine, Connection *connection, const TlsContext *context,
                      uint32_t listener_id) {
  if (!tls_accept(connection, context, listener_id)) {
    connection_close(engine, connection, CLOSE_ERROR);
    return;
  }
  set_deadline(engine, connection, HANDSHAKE_TIMEOUT_MS);
  poller_add(engine, connection);
}

void connection_shaken(Engine *engine, Connection *connection, uint32_t listener_id) {
  connection->state = STATE_OPEN;
  link_remove(&connection->deadlines);
  dispatch_event(engine, EVENT_ACCEPT, connection, (int)listener_id, 0);
}

static void remember_port(Connection *connection) {
  struct sockaddr_in6 local;
  socklen_t length = sizeof local;
  /* The port stands at the same place for both families. */
  if (getsockname(connection->fd, (struct sockaddr *)&local, &length) == 0) {
    connection->local_port = ntohs(local.sin6_port);
  }
}

Connection *connection_connect(Engine *engine, const char *host, uint16_t port) {
  struct sockaddr_in6 address;
  socklen_t length;
  if (!socket_address(host, port, &address, &length)) return NULL;
  int fd = socket(address.sin6_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return NULL;
  socket_options(engine, fd);
  Connection *connection = connection_open(engine, fd, STATE_CONNECTING);
  if (!connection) return NULL;
  connection->remote.v6 = address;
  if (connect(fd, (struct sockaddr *)&address, length) < 0 && errno != EINPROGRESS) {
    connection_close(engine, connection, socket_reason(errno));
    return connection;
  }
  remember_port(connection);
  set_deadline(engine, connection, CONNECT_TIMEOUT_MS);
  poller_add(engine, connection);
  return connection;
}

void connection_connected(Engine *engine, Connection *connection) {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) {
    connection_close(engine, connection, socket_reason(error));
    return;
  }
  connection->state = STATE_OPEN;
  link_remove(&connection->deadlines);
  remember_port(connection);
  dispatch_event(engine, EVENT_CONNECT, connection, 0, 0);
  connection_touch(engine, connection);
}

void connection_touch(Engine *engine, Connection *connection) {
  if (link_alone(&connection->dirty)) list_push(&engine->dirty, &connection->dirty);
  if (!engine->closed) uv_prepare_start(&engine->prepare, engine->prepare.prepare_cb);
}

/* Bytes that came to the peer's end, an error, or something to do again. */
static void read_stopped(Engine *engine, Connection *connection, ssize_t n) {
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
  if (n < 0) {
    connection_close(engine, connection, socket_reason(errno));
  } else if (connection->state == STATE_LINGER) {
    connection_close(engine, connection, connection->reason);
  } else if (connection->state == STATE_SHAKING) {
    connection_close(engine, connection, CLOSE_REMOTE);
  } else {
    /* What was read is told first; an answer to it may still be flushed. */
    connection->half_closed = true;
    connection_touch(engine, connection);
  }
}

/* `more`: a short read means drained. */
static ssize_t read_some(Engine *engine, Connection *connection, size_t room, bool drop,
                         bool *more) {
  if (connection->tls) return tls_read(engine, connection, room, more);
  uint8_t *to = engine->slab + engine->slab_used;
  size_t wanted = drop ? DISCARD_BYTES : room;
  engine->stats.read_calls++;
  /* TCP drops in the kernel with MSG_TRUNC: nothing is copied. */
  ssize_t n = recv(connection->fd, drop ? NULL : to, wanted, MSG_DONTWAIT | (drop ? MSG_TRUNC : 0));
  *more = n >= (ssize_t)wanted;
  return n;
}

static void took(Engine *engine, Connection *connection, size_t n, bool drop) {
  connection->row[ROW_RECEIVED] += (double)n;
  engine->stats.received += (double)n;
  if (drop || repeat_answer(engine, connection, engine->slab + engine->slab_used, n)) return;
  int start = (int)engine->slab_used;
  engine->slab_used += n;
  connection->told = engine->event_count;
  dispatch_event(engine, EVENT_DATA, connection, start, (int)engine->slab_used);
}

static bool readable(const Connection *connection) {
  return connection_live(connection) && connection->state != STATE_CONNECTING &&
         !connection->half_closed && (!connection->paused || connection->state >= STATE_ENDING);
}

void connection_read(Engine *engine, Connection *connection) {
  uint32_t generation = connection->generation;
  size_t budget = READ_BUDGET_BYTES;
  while (connection->generation == generation && readable(connection)) {
    size_t room = (size_t)engine->options.slab_bytes - engine->slab_used;
    if (room < (connection->tls ? TLS_ROOM_MIN_BYTES : READ_ROOM_MIN_BYTES) || dispatch_full(engine)) {
      dispatch(engine);
      continue;
    }
    bool drop = connection->discard || connection->state >= STATE_ENDING;
    if (room > budget && !connection->tls) room = budget;
    bool more = false;
    ssize_t n = read_some(engine, connection, room, drop, &more);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      read_stopped(engine, connection, n);
      return;
    }
    took(engine, connection, (size_t)n, drop);
    /* Drained, unless the end is known to be behind it. */
    if (!more && !connection->hangup) return;
    budget -= drop || (size_t)n > budget ? budget : (size_t)n;
    if (budget == 0) {
      poller_again(engine, connection);
      return;
    }
  }
}

static void linger(Engine *engine, Connection *connection) {
  /* Closing with unread input would reset the peer before it read our last
   * bytes, so its end is awaited (RFC 9112 section 9.6). */
  if (connection->tls && !tls_end(engine, connection)) return;
  connection->state = STATE_LINGER;
  if (connection->half_closed || shutdown(connection->fd, SHUT_WR) < 0) {
    connection_close(engine, connection, connection->reason);
    return;
  }
  poller_again(engine, connection);
}

static void flushed(Engine *engine, Connection *connection) {
  if (connection->drain_due) {
    connection->drain_due = false;
    dispatch_notify(engine, connection, EVENT_DRAIN);
  }
  cursor_queue_empty(engine, connection);
  if (connection->state == STATE_ENDING) {
    linger(engine, connection);
  } else if (connection->half_closed) {
    connection_close(engine, connection, CLOSE_REMOTE);
  } else if (connection->cursor.kick) {
    connection->cursor.kick = false;
    cursor_send(engine, connection);
  }
}

void connection_flush(Engine *engine, Connection *connection) {
  if (connection->state == STATE_SHAKING) tls_flush(engine, connection);
  if (connection->state != STATE_OPEN && connection->state != STATE_ENDING) return;
  if (!connection->blocked) {
    SendResult result = queue_send(engine, connection);
    if (result == SEND_DONE) flushed(engine, connection);
    if (result != SEND_BLOCKED) return;
  }
  if (connection->half_closed && connection->state == STATE_OPEN) {
    /* The answer to a half-closed client is given its time, then it is over. */
    connection->reason = CLOSE_REMOTE;
    connection->state = STATE_ENDING;
    cursor_detach(engine, connection);
    set_deadline(engine, connection, END_TIMEOUT_MS);
  }
}

void connection_end(Engine *engine, Connection *connection) {
  if (connection->state == STATE_CONNECTING) {
    connection_close(engine, connection, CLOSE_LOCAL);
    return;
  }
  if (connection->state != STATE_OPEN) return;
  cursor_detach(engine, connection);
  connection->reason = CLOSE_LOCAL;
  connection->state = STATE_ENDING;
  set_deadline(engine, connection, END_TIMEOUT_MS);
  connection_touch(engine, connection);
}

void connection_close(Engine *engine, Connection *connection, CloseReason reason) {
  if (!connection_live(connection)) return;
  connection->state = STATE_CLOSED;
  connection->reason = reason;
  cursor_detach(engine, connection);
  queue_clear(engine, connection);
  repeat_clear(connection);
  if (connection->tls) tls_closed(engine, connection, reason);
  close(connection->fd); /* Also leaves its epoll set. */
  connection->fd = -1;
  link_remove(&connection->ready);
  link_remove(&connection->dirty);
  link_remove(&connection->deadlines);
  connection->notify = 0;
  engine->stats.connections--;
  if (reason == CLOSE_OVERFLOW) engine->stats.overflows++;
  dispatch_notify(engine, connection, EVENT_CLOSE);
}

void connection_free(Engine *engine, Connection *connection) {
  link_remove(&connection->notifying);
  connection->state = STATE_FREE;
  connection->generation = 0;
  engine->free_slots[engine->free_count++] = connection->slot;
}

void connection_deadlines(Engine *engine, uint64_t now) {
  for (Link *link = engine->deadlines.next, *next; link != &engine->deadlines; link = next) {
    next = link->next;
    Connection *connection = LIST_ENTRY(link, Connection, deadlines);
    if (now < connection->deadline_ms) continue;
    bool ours = connection->state == STATE_ENDING || connection->state == STATE_LINGER;
    connection_close(engine, connection, ours ? connection->reason : CLOSE_TIMEOUT);
  }
}
