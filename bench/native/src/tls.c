/*
 * The same by TLS, with the OpenSSL inside the Node binary (this is loaded as an
 * addon): the system's is older by two releases and, on CPUs with VAES, encrypts
 * at half the speed, which would make a floor that is not one.
 *
 * Records go into one buffer for all, which stays in the cache, and from there by
 * one send() a call. What a full socket does not take is copied aside.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "floor.h"

/* Four records of 16 KB go out together; more would leave the L2 cache. */
#define BATCH_BYTES 65536u
/* A batch with what TLS adds, and a server's part of a handshake. */
#define OUT_BYTES (BATCH_BYTES + 32768u)

typedef struct {
  SSL *ssl;
  bool open;
  uint8_t *left; /* Records that the socket did not take. NULL: none. */
  size_t left_at, left_bytes;
} Session;

static SSL_CTX *context;
static BIO_METHOD *to_out;
static const uint8_t *base;
static uint8_t out[OUT_BYTES];
static size_t out_bytes;

static int out_write(BIO *bio, const char *bytes, int length) {
  (void)bio;
  if (length < 0 || out_bytes + (size_t)length > OUT_BYTES) return -1;
  memcpy(out + out_bytes, bytes, (size_t)length);
  out_bytes += (size_t)length;
  return length;
}

static long out_control(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  return command == BIO_CTRL_FLUSH;
}

static int out_create(BIO *bio) {
  BIO_set_init(bio, 1);
  return 1;
}

/* Bytes that the socket took; -1: over. */
static ssize_t put(const Peer *peer, const uint8_t *bytes, size_t length) {
  ssize_t n = send(peer->fd, bytes, length, 0);
  counts.send_calls++;
  if (n < 0) return errno == EAGAIN ? 0 : -1;
  counts.bytes_sent += (uint64_t)n;
  return n;
}

static bool flush_out(Peer *peer) {
  Session *session = peer->session;
  if (out_bytes == 0) return true;
  ssize_t n = put(peer, out, out_bytes);
  size_t rest = n < 0 ? 0 : out_bytes - (size_t)n;
  if (rest > 0) {
    session->left = malloc(rest);
    if (!session->left) die("memory");
    memcpy(session->left, out + n, rest);
    session->left_at = 0;
    session->left_bytes = rest;
  }
  out_bytes = 0;
  return n >= 0;
}

static bool flush_left(Peer *peer) {
  Session *session = peer->session;
  if (!session->left) return true;
  ssize_t n = put(peer, session->left + session->left_at, session->left_bytes);
  if (n < 0) return false;
  session->left_at += (size_t)n;
  session->left_bytes -= (size_t)n;
  if (session->left_bytes > 0) return true;
  free(session->left);
  session->left = NULL;
  return true;
}

static void opened(Peer *peer) {
  Session *session = peer->session = calloc(1, sizeof *session);
  if (!session || !(session->ssl = SSL_new(context))) die("memory");
  SSL_set_bio(session->ssl, BIO_new_socket(peer->fd, BIO_NOCLOSE), BIO_new(to_out));
  SSL_set_accept_state(session->ssl);
}

static void closed(Peer *peer) {
  Session *session = peer->session;
  SSL_free(session->ssl);
  ERR_clear_error();
  free(session->left);
  free(session);
}

static ssize_t wanted(const Session *session, int result) {
  return SSL_get_error(session->ssl, result) == SSL_ERROR_WANT_READ ? 0 : -1;
}

/* Counts what OpenSSL was asked for, not the two or three recv() below it. */
static ssize_t receive(Peer *peer, void *to, size_t capacity) {
  Session *session = peer->session;
  counts.read_calls++;
  if (!session->open) {
    int result = SSL_do_handshake(session->ssl);
    if (!flush_out(peer)) return -1;
    if (result <= 0) return wanted(session, result);
    session->open = true;
  }
  int n = SSL_read(session->ssl, to, (int)capacity);
  if (!flush_out(peer)) return -1;
  if (n <= 0) return wanted(session, n);
  counts.bytes_received += (uint64_t)n;
  return n;
}

static bool encrypt(Session *session, const void *bytes, size_t length) {
  return length == 0 || SSL_write(session->ssl, bytes, (int)length) == (int)length;
}

static ssize_t send_span(Peer *peer, const char *head, size_t head_bytes, uint64_t offset,
                         uint64_t length) {
  Session *session = peer->session;
  if (!flush_left(peer)) return -1;
  if (session->left) return 0;
  if (!encrypt(session, head, head_bytes)) return -1;
  uint64_t taken = 0;
  do {
    uint64_t some = length - taken < BATCH_BYTES ? length - taken : BATCH_BYTES;
    if (!encrypt(session, base + offset + taken, some)) return -1;
    taken += some;
    if (!flush_out(peer)) return -1;
  } while (taken < length && !session->left);
  return (ssize_t)taken;
}

static void fail(const char *what) {
  ERR_print_errors_fp(stderr);
  fprintf(stderr, "floor: %s\n", what);
  exit(1);
}

static void open_context(const Args *args) {
  context = SSL_CTX_new(TLS_server_method());
  if (!context || !args->cert || !args->key) fail("TLS needs --cert and --key");
  if (SSL_CTX_use_certificate_chain_file(context, args->cert) != 1) fail(args->cert);
  if (SSL_CTX_use_PrivateKey_file(context, args->key, SSL_FILETYPE_PEM) != 1) fail(args->key);
  if (SSL_CTX_set_ciphersuites(context, args->cipher) != 1) fail(args->cipher);
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  /* All connections then encrypt in the same few buffers. */
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
}

const Transport *tls_transport(const Rings *rings, const Args *args) {
  static const Transport transport = {opened, receive, send_span, closed};
  open_context(args);
  base = rings->base;
  to_out = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "floor");
  if (!to_out) fail("no BIO");
  BIO_meth_set_write(to_out, out_write);
  BIO_meth_set_ctrl(to_out, out_control);
  BIO_meth_set_create(to_out, out_create);
  return &transport;
}
