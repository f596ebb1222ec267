/* Shaking hands and reading on connections that are encrypted. */
#define _GNU_SOURCE
#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include "tls-private.h"

/* Of a record that is not complete yet, its bytes are kept by OpenSSL. */
#define HELD_MAX_BYTES (RECORD_BYTES + 1024)
/* Handshakes in one turn of the loop: the others wait, so that a storm of them
 * does not keep viewers who are here from their ticks. */
#define TURN_MAX_NS 10000000ull

static ssize_t fault(int error) {
  errno = error;
  return -1;
}

static bool may_shake(Engine *engine) {
  Tls *tls = engine->tls;
  if (tls->turn != engine->stats.turns) tls->turn_ns = 0;
  tls->turn = engine->stats.turns;
  return tls->turn_ns < TURN_MAX_NS;
}

static void shaken(Engine *engine, Connection *connection) {
  TlsConnection *own = connection->tls;
  own->open = true;
  engine->stats.tls_connections++;
  engine->stats.tls_handshakes++;
  if (SSL_session_reused(own->ssl)) engine->stats.tls_resumed++;
  connection_shaken(engine, connection, own->listener_id);
}

/* What has come is in `in`. 0, or -1: it failed. */
static ssize_t shake(Engine *engine, Connection *connection) {
  TlsConnection *own = connection->tls;
  uint64_t began = uv_hrtime();
  own->heard = true;
  ERR_clear_error();
  int result = SSL_do_handshake(own->ssl);
  engine->tls->turn_ns += uv_hrtime() - began;
  bool wants = result != 1 && SSL_get_error(own->ssl, result) == SSL_ERROR_WANT_READ;
  if (result != 1 && !wants) own->why = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  bool sent = tls_push(engine, connection);
  if (result == 1) shaken(engine, connection);
  if (!sent) return -1;
  return result == 1 || wants ? 0 : fault(EPROTO);
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
    if (shake(engine, connection) < 0) return -1;
    if (connection->state == STATE_SHAKING) return 0;
  }
  size_t got = decrypt(engine, connection, room);
  if (!tls_push(engine, connection)) connection->tls->broken = true;
  return (ssize_t)got;
}

ssize_t tls_read(Engine *engine, Connection *connection, size_t room, bool *more) {
  TlsConnection *own = connection->tls;
  size_t most = room - HELD_MAX_BYTES < IN_BYTES ? room - HELD_MAX_BYTES : IN_BYTES;
  if (connection->state == STATE_SHAKING && !may_shake(engine)) {
    poller_again(engine, connection);
    return fault(EAGAIN);
  }
  for (;;) {
    if (own->broken) return fault(EPROTO);
    if (SSL_get_shutdown(own->ssl) & SSL_RECEIVED_SHUTDOWN) return 0;
    engine->stats.read_calls++;
    ssize_t n = recv(connection->fd, engine->tls->in, most, MSG_DONTWAIT);
    if (n <= 0) return n;
    engine->tls->in_at = 0;
    engine->tls->in_length = (size_t)n;
    ssize_t got = take(engine, connection, room);
    if (got < 0) return -1;
    bool over = own->broken || SSL_get_shutdown(own->ssl) & SSL_RECEIVED_SHUTDOWN;
    *more = (size_t)n == most || over;
    if (got > 0) return got;
    if (!*more && !connection->hangup) return fault(EAGAIN);
  }
}
