/*
 * TLS by the OpenSSL that the Node binary exports (docs/adr/0009). What other
 * files see of it; only tls*.c know OpenSSL.
 *
 *   socket --recv--> [in] --SSL_read--> slab          one of each buffer per
 *   arena --SSL_write--> [out] --one send()--> socket  engine, empty between calls
 *                          \--> rest of the connection, where the kernel is full
 *
 * Positions, rows and counts of bytes are plaintext everywhere.
 */
#pragma once
#include <sys/uio.h>

#include "engine.h"

/* Room in the slab for what one read brings: its bytes, and those of a record
 * that were here already. */
#define TLS_ROOM_MIN_BYTES 32768

/* ---- tls.c: contexts, each a set of certificates. They live as long as the engine. ---- */

typedef struct {
  const uint8_t *certificates, *key; /* PEM. The certificate, then its chain. */
  size_t certificates_length, key_length;
} TlsPair;

/* Protocols as ALPN has them (RFC 7301 section 3.1); none: any. 0: too many. */
uint32_t tls_open(Engine *engine, const uint8_t *protocols, size_t length);
TlsContext *tls_find(const Engine *engine, uint32_t id);
/* Later handshakes use these; the first is for names that none has. Returns
 * NULL, or why the pair `*at` is of no use: then nothing has changed. */
const char *tls_replace(TlsContext *context, const TlsPair *pairs, uint32_t count, uint32_t *at);
/* Of engine_close(), behind the last connection. */
void tls_close(Engine *engine);

/* ---- tls-handshake.c, tls-read.c, tls-io.c ---- */

/* False: no memory. The connection is not known to JavaScript until it has shaken hands. */
bool tls_accept(Connection *connection, const TlsContext *context, uint32_t listener_id);
/* As recv() into the slab, behind its used bytes; shakes hands first where that
 * is to be done. `more`: the socket may hold more. */
ssize_t tls_read(Engine *engine, Connection *connection, size_t room, bool *more);
/* As send(): bytes accepted. Where the kernel takes only a part of what they
 * became, the connection is blocked. `more` follows at once: it may wait for it. */
ssize_t tls_send(Engine *engine, Connection *connection, const uint8_t *bytes, size_t length,
                 bool more);
ssize_t tls_send_pieces(Engine *engine, Connection *connection, const struct iovec *pieces,
                        int count);
/* Sends what an earlier send left. SEND_FAILED: the connection is closed. */
SendResult tls_flush(Engine *engine, Connection *connection);
/* Says that nothing more comes (close_notify). False: the kernel is full, or failed. */
bool tls_end(Engine *engine, Connection *connection);
/* Frees all, with a last close_notify where the peer may wait for one; counts a
 * handshake that failed, and remembers why for whoever asks. */
void tls_closed(Engine *engine, Connection *connection, CloseReason reason);
/* The header of the PROXY protocol that came before the handshake; NULL: none. It is
 * the connection's. */
uint8_t *tls_preface(const Connection *connection, size_t *length);
/* Why the last handshake failed; empty: none did. */
const char *tls_failure(const Engine *engine);
