/* What tls*.c share. */
#pragma once
#include <openssl/ssl.h>

#include "tls.h"

#define RECORD_BYTES SSL3_RT_MAX_PLAIN_LENGTH
#define IN_BYTES 65536
#define PLAIN_BYTES (4 * RECORD_BYTES)
/* One send: many records, so that a viewer costs one system call a tick. */
#define BATCH_RECORDS 16

/* MAX_PROXY_HEADER_BYTES of formats/proxy-protocol. */
#define PREFACE_MAX_BYTES 2048
#define PROTOCOLS_MAX_BYTES 64
#define FAILURE_MAX_BYTES 128
#define SECRET_BYTES 32
#define KEY_NAME_BYTES 16

typedef struct {
  int64_t day; /* Since 1970, UTC. */
  uint8_t name[SECRET_BYTES]; /* The first KEY_NAME_BYTES count. */
  uint8_t cipher[SECRET_BYTES], mac[SECRET_BYTES];
} TicketKey;

struct TlsContext {
  Link link;
  uint32_t id;
  SSL_CTX **certificates; /* Owned, as is the list. NULL: none yet. */
  uint32_t count;
  uint8_t protocols[PROTOCOLS_MAX_BYTES];
  uint8_t protocols_length;
  uint8_t ticket_secret[SECRET_BYTES];
  TicketKey ticket_keys[2]; /* Today's and yesterday's. */
};

struct TlsConnection {
  SSL *ssl; /* NULL until a byte has come: who says nothing costs little. */
  const TlsContext *context;
  Connection *connection;
  Link shaking; /* In Tls.shaking, between that byte and the handshake's end. */
  const char *why; /* It failed; NULL: unknown. */
  uint8_t *rest; /* Ciphertext that the kernel did not take. NULL: none. */
  uint32_t rest_length, rest_sent;
  uint32_t batch_bytes; /* Plaintext in one send: less for who is slow. */
  uint32_t listener_id;
  uint32_t messages;    /* Of control, in the present window. */
  uint64_t messages_since_ms;
  bool broken; /* What came cannot be read on. */
  bool open;   /* Hands are shaken. */
  bool prefaced; /* What stands in front of the handshake is known. */
  uint8_t *preface; /* Owned: a header of the PROXY protocol. NULL: none. */
  uint32_t preface_length;
};

/* Of an engine. The buffers are empty between calls, or hold what the next call
 * for the same connection goes on with (tls_send() with `more`). */
struct Tls {
  Link contexts;
  Link shaking; /* Of TlsConnection.shaking, oldest first. */
  uint32_t shaking_count;
  uint32_t context_id;
  BIO_METHOD *method;
  uint8_t *in, *out, *plain;
  size_t in_at, in_length, out_used;
  double turn; /* Turn of the loop in which turn_ns were spent on handshakes. */
  uint64_t turn_ns;
  char failure[FAILURE_MAX_BYTES]; /* Why the last handshake failed. */
};

/* tls-tickets.c: keys that all workers with the same certificate compute alike. */
bool tickets_open(TlsContext *context, EVP_PKEY *key);
int tickets_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                EVP_MAC_CTX *mac, int encrypt);

/* tls-handshake.c: goes on with what is in `in`. 0; or -1: it failed, errno says how. */
ssize_t tls_shake(Engine *engine, Connection *connection);
/* Whether this turn of the loop has time for it. */
bool tls_may_shake(Engine *engine);
/* Of a connection that is closed in the middle. */
void tls_shake_failed(Engine *engine, TlsConnection *own, CloseReason reason);

/* tls-preface.c: looks for a header in front of a handshake and keeps it. As recv(). */
ssize_t tls_preface_read(Engine *engine, Connection *connection);

/* tls-bio.c: the buffers as OpenSSL sees them. */
bool bio_open(Tls *tls);
/* One for a connection. NULL: no memory. */
BIO *bio_new(Tls *tls);
/* Bytes of plaintext that fit behind what is in `out`. */
size_t bio_room(const Tls *tls);
/* SSL_CTX's message callback; its argument is the TlsConnection. Bounds what a
 * peer can have us do beside data: key updates, refused renegotiations. */
void guard_message(int written, int version, int type, const void *bytes, size_t length, SSL *ssl,
                   void *connection);

/* tls-io.c: empties `out` into the kernel; what it does not take waits. False: errno. */
bool tls_push(Engine *engine, Connection *connection);
