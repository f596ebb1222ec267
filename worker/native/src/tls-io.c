/* Writing to connections that are encrypted, and ending them. */
#define _GNU_SOURCE
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tls-private.h"

#define BATCH_MAX_BYTES (BATCH_RECORDS * RECORD_BYTES)
/* A batch with what may go behind it in one send, and control messages, whose
 * number is bounded. */
#define REST_MAX_BYTES (2 * BATCH_MAX_BYTES)

static bool again(void) { return errno == EAGAIN || errno == EWOULDBLOCK; }

/* Until the kernel takes no more: only then does it tell when it does again.
 * -1: it failed, errno says why. */
static ssize_t send_all(int fd, const uint8_t *bytes, size_t length) {
  size_t sent = 0;
  while (sent < length) {
    ssize_t n = send(fd, bytes + sent, length - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) sent += (size_t)n;
    if (n >= 0 || errno == EINTR) continue;
    if (again()) break;
    return -1;
  }
  return (ssize_t)sent;
}

static void drop_rest(Engine *engine, TlsConnection *own) {
  engine->stats.tls_waiting -= own->rest_length - own->rest_sent;
  free(own->rest);
  own->rest = NULL;
  own->rest_length = own->rest_sent = 0;
}

/* False: it would grow beyond what a batch can leave. */
static bool keep_rest(Engine *engine, TlsConnection *own, const uint8_t *bytes, size_t length) {
  if (own->rest_length + length > REST_MAX_BYTES) return false;
  uint8_t *rest = realloc(own->rest, own->rest_length + length);
  if (!rest) abort();
  memcpy(rest + own->rest_length, bytes, length);
  own->rest = rest;
  own->rest_length += (uint32_t)length;
  engine->stats.tls_waiting += (double)length;
  return true;
}

bool tls_push(Engine *engine, Connection *connection) {
  Tls *tls = engine->tls;
  TlsConnection *own = connection->tls;
  size_t length = tls->out_used;
  tls->out_used = 0;
  if (length == 0) return true;
  if (own->rest) {
    /* The kernel was not asked, so that it will not tell when it has room. */
    if (!connection->blocked) connection_touch(engine, connection);
    if (keep_rest(engine, own, tls->out, length)) return true;
    errno = ENOBUFS;
    return false;
  }
  ssize_t sent = send_all(connection->fd, tls->out, length);
  if (sent < 0) return false;
  if ((size_t)sent == length) {
    if (own->batch_bytes < BATCH_MAX_BYTES) own->batch_bytes *= 2;
    return true;
  }
  connection->blocked = true;
  own->batch_bytes = own->batch_bytes / 4 > RECORD_BYTES ? own->batch_bytes / 4 : RECORD_BYTES;
  if (keep_rest(engine, own, tls->out + sent, length - (size_t)sent)) return true;
  errno = ENOBUFS;
  return false;
}

SendResult tls_flush(Engine *engine, Connection *connection) {
  TlsConnection *own = connection->tls;
  if (!own->rest) return connection->blocked ? SEND_BLOCKED : SEND_DONE;
  if (connection->blocked) return SEND_BLOCKED;
  ssize_t sent = send_all(connection->fd, own->rest + own->rest_sent,
                          own->rest_length - own->rest_sent);
  engine->stats.send_calls++;
  if (sent < 0) {
    connection_close(engine, connection, socket_reason(errno));
    return SEND_FAILED;
  }
  own->rest_sent += (uint32_t)sent;
  engine->stats.tls_waiting -= (double)sent;
  if (own->rest_sent < own->rest_length) {
    connection->blocked = true;
    return SEND_BLOCKED;
  }
  drop_rest(engine, own);
  return SEND_DONE;
}

ssize_t tls_send(Engine *engine, Connection *connection, const uint8_t *bytes, size_t length,
                 bool more) {
  TlsConnection *own = connection->tls;
  size_t written = 0, room = bio_room(engine->tls);
  if (connection->blocked || own->rest) {
    errno = EAGAIN;
    return -1;
  }
  if (length > own->batch_bytes) length = own->batch_bytes;
  if (length > room) length = room;
  ERR_clear_error();
  if (SSL_write_ex(own->ssl, bytes, length, &written) != 1) {
    ERR_clear_error();
    errno = EPROTO;
    return -1;
  }
  bool full = bio_room(engine->tls) == 0 || engine->tls->out_used > own->batch_bytes;
  if ((!more || full) && !tls_push(engine, connection)) return -1;
  return (ssize_t)written;
}

ssize_t tls_send_pieces(Engine *engine, Connection *connection, const struct iovec *pieces,
                        int count) {
  uint8_t *plain = engine->tls->plain;
  size_t used = 0;
  for (int i = 0; i < count && used < PLAIN_BYTES; i++) {
    size_t room = PLAIN_BYTES - used;
    size_t length = pieces[i].iov_len < room ? pieces[i].iov_len : room;
    memcpy(plain + used, pieces[i].iov_base, length);
    used += length;
  }
  return tls_send(engine, connection, plain, used, false);
}

bool tls_end(Engine *engine, Connection *connection) {
  TlsConnection *own = connection->tls;
  if (own->broken || SSL_get_shutdown(own->ssl) & SSL_SENT_SHUTDOWN) return true;
  SSL_shutdown(own->ssl);
  ERR_clear_error();
  return tls_push(engine, connection) && !connection->blocked;
}

void tls_closed(Engine *engine, Connection *connection, CloseReason reason) {
  TlsConnection *own = connection->tls;
  bool in_peace = reason == CLOSE_LOCAL || reason == CLOSE_REMOTE;
  engine->tls->out_used = 0;
  if (!own->open) {
    tls_shake_failed(engine, own, reason);
  } else {
    if (in_peace && !connection->blocked && !own->rest) tls_end(engine, connection);
    engine->stats.tls_connections--;
  }
  drop_rest(engine, own);
  SSL_free(own->ssl);
  ERR_clear_error();
  free(own->preface);
  free(own);
  connection->tls = NULL;
}
