/*
 * Handshakes: the one thing of TLS that is dear before anybody has proved
 * anything. So they have a share of each turn of the loop, a number at a time,
 * and a deadline (connection.c); JavaScript hears of a connection once it is done.
 */
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "tls-private.h"

/* In one turn of the loop: the others wait, so that a storm of handshakes does
 * not keep viewers who are here from their ticks. */
#define TURN_MAX_NS 10000000ull
/* At a time, 40 KB each. An honest one takes a few round trips: beyond this the
 * oldest has to go, as with the half-open connections of TCP. */
#define SHAKING_MAX 1024

bool tls_accept(Connection *connection, const TlsContext *context, uint32_t listener_id) {
  TlsConnection *own = calloc(1, sizeof *own);
  if (!own) return false;
  own->context = context;
  own->connection = connection;
  own->batch_bytes = BATCH_RECORDS * RECORD_BYTES;
  own->listener_id = listener_id;
  link_init(&own->shaking);
  connection->tls = own;
  return true;
}

static void make_room(Engine *engine) {
  Tls *tls = engine->tls;
  if (tls->shaking_count < SHAKING_MAX) return;
  TlsConnection *oldest = LIST_ENTRY(tls->shaking.next, TlsConnection, shaking);
  oldest->why = "too many at once";
  connection_close(engine, oldest->connection, CLOSE_TIMEOUT);
}

static bool begin(Engine *engine, TlsConnection *own) {
  make_room(engine);
  own->ssl = SSL_new(own->context->certificates[0]);
  BIO *bio = own->ssl ? bio_new(engine->tls) : NULL;
  if (!bio) return false;
  SSL_set_bio(own->ssl, bio, bio);
  SSL_set_accept_state(own->ssl);
  SSL_set_msg_callback_arg(own->ssl, own);
  list_push(&engine->tls->shaking, &own->shaking);
  engine->tls->shaking_count++;
  return true;
}

static void leave(Engine *engine, TlsConnection *own) {
  if (link_alone(&own->shaking)) return;
  link_remove(&own->shaking);
  engine->tls->shaking_count--;
}

bool tls_may_shake(Engine *engine) {
  Tls *tls = engine->tls;
  if (tls->turn != engine->stats.turns) tls->turn_ns = 0;
  tls->turn = engine->stats.turns;
  return tls->turn_ns < TURN_MAX_NS;
}

static void shaken(Engine *engine, Connection *connection) {
  TlsConnection *own = connection->tls;
  own->open = true;
  leave(engine, own);
  engine->stats.tls_connections++;
  engine->stats.tls_handshakes++;
  if (SSL_session_reused(own->ssl)) engine->stats.tls_resumed++;
  connection_shaken(engine, connection, own->listener_id);
}

static bool step(Engine *engine, TlsConnection *own, bool *done) {
  uint64_t began = uv_hrtime();
  ERR_clear_error();
  int result = SSL_do_handshake(own->ssl);
  bool good = result == 1 || SSL_get_error(own->ssl, result) == SSL_ERROR_WANT_READ;
  if (!good) own->why = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  *done = result == 1;
  engine->tls->turn_ns += uv_hrtime() - began;
  return good;
}

ssize_t tls_shake(Engine *engine, Connection *connection) {
  TlsConnection *own = connection->tls;
  bool done = false;
  if (!own->ssl && !begin(engine, own)) {
    errno = ENOMEM;
    return -1;
  }
  bool good = step(engine, own, &done);
  /* Also the alert that tells the client why not. */
  bool sent = tls_push(engine, connection);
  if (done) shaken(engine, connection);
  if (good && sent) return 0;
  if (!good) errno = EPROTO;
  return -1;
}

const char *tls_failure(const Engine *engine) { return engine->tls ? engine->tls->failure : ""; }

void tls_shake_failed(Engine *engine, TlsConnection *own, CloseReason reason) {
  leave(engine, own);
  /* Who comes and goes without a word only looked whether the port is open. */
  if (!own->ssl) return;
  const char *why = reason == CLOSE_TIMEOUT ? "not done in time" : "the client left";
  engine->stats.tls_failures++;
  strncpy(engine->tls->failure, own->why ? own->why : why, FAILURE_MAX_BYTES - 1);
}
