/* Reading on connections that are encrypted. */
#define _GNU_SOURCE
#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include "tls-private.h"

/* Of a record that is not complete yet, its bytes are kept by OpenSSL. */
#define HELD_MAX_BYTES (RECORD_BYTES + 1024)

static ssize_t fault(int error) {
  errno = error;
  return -1;
}

/* All that `in` holds, into the slab: there is room for it. */
static size_t decrypt(Engine *engine, Connection *connection, size_t room) {
  TlsConnection *own = connection->tls;
  uint8_t *to = engine->slab + engine->slab_used;
  size_t got = 0, n;
  ERR_clear_error();
  while (SSL_read_ex(own->ssl, to + got, room - got, &n) == 1) got += n;
  int error = SSL_get_error(own->ssl, 0);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_ZERO_RETURN) own->broken = true;
  ERR_clear_error();
  return got;
}

/* Plaintext of what has come, 0 where there is none (yet), -1: it failed. */
static ssize_t take(Engine *engine, Connection *connection, size_t room) {
  if (connection->state == STATE_SHAKING) {
    if (tls_shake(engine, connection) < 0) return -1;
    if (connection->state == STATE_SHAKING) return 0;
  }
  size_t got = decrypt(engine, connection, room);
  if (!tls_push(engine, connection)) connection->tls->broken = true;
  return (ssize_t)got;
}

/* The peer's close_notify has come. */
static bool ended(const TlsConnection *own) {
  return own->ssl && SSL_get_shutdown(own->ssl) & SSL_RECEIVED_SHUTDOWN;
}

ssize_t tls_read(Engine *engine, Connection *connection, size_t room, bool *more) {
  TlsConnection *own = connection->tls;
  size_t most = room - HELD_MAX_BYTES < IN_BYTES ? room - HELD_MAX_BYTES : IN_BYTES;
  if (connection->state == STATE_SHAKING && !tls_may_shake(engine)) {
    poller_again(engine, connection);
    return fault(EAGAIN);
  }
  for (;;) {
    if (own->broken) return fault(EPROTO);
    if (ended(own)) return 0;
    engine->stats.read_calls++;
    if (!own->prefaced) {
      ssize_t first = tls_preface_read(engine, connection);
      if (first <= 0) return first;
    }
    ssize_t n = recv(connection->fd, engine->tls->in, most, MSG_DONTWAIT);
    if (n <= 0) return n;
    engine->tls->in_at = 0;
    engine->tls->in_length = (size_t)n;
    ssize_t got = take(engine, connection, room);
    if (got < 0) return -1;
    *more = (size_t)n == most || own->broken || ended(own);
    if (got > 0) return got;
    if (!*more && !connection->hangup) return fault(EAGAIN);
  }
}
