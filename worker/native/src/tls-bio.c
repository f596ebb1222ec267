/* The engine's buffers as OpenSSL reads and writes them, and a guard of what a
 * peer may ask for beside data. */
#include <openssl/bio.h>
#include <stdlib.h>
#include <string.h>

#include "tls-private.h"

#define RECORD_EXTRA_BYTES (SSL3_RT_HEADER_LENGTH + SSL3_RT_MAX_ENCRYPTED_OVERHEAD)
/* Also a server's whole part of a handshake, with a chain of large certificates. */
#define OUT_BYTES (BATCH_RECORDS * (RECORD_BYTES + RECORD_EXTRA_BYTES) + 65536)

#define WINDOW_MS 10000
#define WINDOW_MESSAGES 16

static int on_read(BIO *bio, char *to, size_t room, size_t *got) {
  Tls *tls = BIO_get_data(bio);
  size_t left = tls->in_length - tls->in_at;
  BIO_clear_retry_flags(bio);
  if (left == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  if (room > left) room = left;
  memcpy(to, tls->in + tls->in_at, room);
  tls->in_at += room;
  *got = room;
  return 1;
}

/* Senders look at bio_room() first, so that only a monstrous handshake fails here. */
static int on_write(BIO *bio, const char *from, size_t length, size_t *written) {
  Tls *tls = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (length > OUT_BYTES - tls->out_used) return 0;
  memcpy(tls->out + tls->out_used, from, length);
  tls->out_used += length;
  *written = length;
  return 1;
}

static long on_control(BIO *bio, int command, long number, void *pointer) {
  (void)bio;
  (void)number;
  (void)pointer;
  return command == BIO_CTRL_FLUSH;
}

bool bio_open(Tls *tls) {
  tls->in = malloc(IN_BYTES);
  tls->out = malloc(OUT_BYTES);
  tls->plain = malloc(PLAIN_BYTES);
  tls->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "engine");
  if (!tls->in || !tls->out || !tls->plain || !tls->method) return false;
  BIO_meth_set_read_ex(tls->method, on_read);
  BIO_meth_set_write_ex(tls->method, on_write);
  BIO_meth_set_ctrl(tls->method, on_control);
  return true;
}

BIO *bio_new(Tls *tls) {
  BIO *bio = BIO_new(tls->method);
  if (!bio) return NULL;
  BIO_set_data(bio, tls);
  BIO_set_init(bio, 1);
  return bio;
}

size_t bio_room(const Tls *tls) {
  return (OUT_BYTES - tls->out_used) / (RECORD_BYTES + RECORD_EXTRA_BYTES) * RECORD_BYTES;
}

/* What comes in beside data once hands are shaken is a key update (RFC 8446
 * section 4.6.3) or, in TLS 1.2, a wish to negotiate anew, which OpenSSL refuses
 * with an alert. Each makes us write, so that a flood of them would cost. */
void guard_message(int written, int version, int type, const void *bytes, size_t length, SSL *ssl,
                   void *argument) {
  TlsConnection *connection = argument;
  (void)version;
  (void)bytes;
  (void)length;
  (void)ssl;
  if (!connection || !connection->open) return;
  if (type != (written ? SSL3_RT_ALERT : SSL3_RT_HANDSHAKE)) return;
  uint64_t now = now_ms();
  if (now - connection->messages_since_ms > WINDOW_MS) {
    connection->messages_since_ms = now;
    connection->messages = 0;
  }
  if (++connection->messages > WINDOW_MESSAGES) connection->broken = true;
}
