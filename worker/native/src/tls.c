/* Certificates and rules of TLS: who is shown which certificate, by which ciphers. */
#include "tls-private.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* AES-128 first: as strong as anybody needs, and what most CPUs do fastest. */
#define SUITES_13 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
/* For TLS 1.2 only what has forward secrecy and an AEAD (RFC 9325 section 4.2). */
#define SUITES_12 \
  "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:" \
  "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" \
  "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"

/* The hybrid that quantum computers would not break comes behind: OpenSSL keeps
 * its key as long as the connection lives, 6 KB for each viewer. */
#define GROUPS "X25519:P-256:X25519MLKEM768:P-384"

static const unsigned char SESSION_CONTEXT[] = "streamcluster";

uint32_t tls_open(Engine *engine, const uint8_t *protocols, size_t length) {
  if (length > PROTOCOLS_MAX_BYTES) return 0;
  if (!engine->tls) {
    Tls *tls = calloc(1, sizeof *tls);
    if (!tls || !bio_open(tls)) abort(); /* As elsewhere: nothing goes on without memory. */
    link_init(&tls->contexts);
    link_init(&tls->shaking);
    engine->tls = tls;
  }
  TlsContext *context = calloc(1, sizeof *context);
  if (!context) abort();
  context->id = ++engine->tls->context_id;
  context->protocols_length = (uint8_t)length;
  if (length > 0) memcpy(context->protocols, protocols, length);
  list_push(&engine->tls->contexts, &context->link);
  return context->id;
}

TlsContext *tls_find(const Engine *engine, uint32_t id) {
  if (!engine->tls) return NULL;
  Link *contexts = &engine->tls->contexts;
  for (Link *link = contexts->next; link != contexts; link = link->next) {
    TlsContext *context = LIST_ENTRY(link, TlsContext, link);
    if (context->id == id) return context;
  }
  return NULL;
}

static SSL_CTX *for_name(const TlsContext *context, const char *name, unsigned flags) {
  for (uint32_t i = 0; i < context->count; i++) {
    X509 *certificate = SSL_CTX_get0_certificate(context->certificates[i]);
    if (X509_check_host(certificate, name, 0, flags, NULL) == 1) return context->certificates[i];
  }
  return NULL;
}

/* RFC 6066 section 3. A name that no certificate has gets the first one, as web
 * servers do; one that is written out goes before a wildcard. */
static int on_server_name(SSL *ssl, int *alert, void *argument) {
  (void)alert;
  const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name) return SSL_TLSEXT_ERR_NOACK;
  SSL_CTX *found = for_name(argument, name, X509_CHECK_FLAG_NO_WILDCARDS);
  if (!found) found = for_name(argument, name, 0);
  if (found) SSL_set_SSL_CTX(ssl, found);
  return SSL_TLSEXT_ERR_OK;
}

/* A client that names protocols and none of ours would not understand us. */
static int on_protocols(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                        const unsigned char *offered, unsigned length, void *argument) {
  (void)ssl;
  const TlsContext *context = argument;
  unsigned char *chosen;
  int result = SSL_select_next_proto(&chosen, out_length, context->protocols,
                                     context->protocols_length, offered, length);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

static bool set_rules(SSL_CTX *made, TlsContext *context) {
  SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION);
  SSL_CTX_set_options(made, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                SSL_OP_CIPHER_SERVER_PREFERENCE);
  /* Buffers of 16 KB each way are held only while bytes are in them. Without
   * partial writes, which would end each call behind one record. */
  SSL_CTX_set_mode(made, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(made, SESSION_CONTEXT, sizeof SESSION_CONTEXT - 1);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(made, tickets_key);
  SSL_CTX_set_tlsext_servername_callback(made, on_server_name);
  SSL_CTX_set_tlsext_servername_arg(made, context);
  SSL_CTX_set_msg_callback(made, guard_message);
  SSL_CTX_set_app_data(made, context);
  if (context->protocols_length > 0) SSL_CTX_set_alpn_select_cb(made, on_protocols, context);
  return SSL_CTX_set_ciphersuites(made, SUITES_13) == 1 &&
         SSL_CTX_set_cipher_list(made, SUITES_12) == 1 &&
         SSL_CTX_set1_groups_list(made, GROUPS) == 1;
}

/* Without it OpenSSL would ask at the terminal for a key's password. */
static int no_password(char *out, int room, int writing, void *argument) {
  (void)out;
  (void)room;
  (void)writing;
  (void)argument;
  return -1;
}

static bool take_certificates(SSL_CTX *made, const TlsPair *pair) {
  BIO *pem = BIO_new_mem_buf(pair->certificates, (int)pair->certificates_length);
  X509 *certificate = pem ? PEM_read_bio_X509(pem, NULL, no_password, NULL) : NULL;
  bool good = certificate && SSL_CTX_use_certificate(made, certificate) == 1;
  X509_free(certificate);
  while (good && (certificate = PEM_read_bio_X509(pem, NULL, no_password, NULL))) {
    good = SSL_CTX_add0_chain_cert(made, certificate) == 1;
    if (!good) X509_free(certificate);
  }
  BIO_free(pem);
  return good;
}

static bool take_key(SSL_CTX *made, const TlsPair *pair) {
  BIO *pem = BIO_new_mem_buf(pair->key, (int)pair->key_length);
  EVP_PKEY *key = pem ? PEM_read_bio_PrivateKey(pem, NULL, no_password, NULL) : NULL;
  bool good = key && SSL_CTX_use_PrivateKey(made, key) == 1;
  EVP_PKEY_free(key);
  BIO_free(pem);
  return good;
}

static const char *fill(SSL_CTX *made, TlsContext *context, const TlsPair *pair) {
  if (!set_rules(made, context)) return "OpenSSL lacks the ciphers";
  if (!take_certificates(made, pair)) return "the certificate cannot be read";
  if (!take_key(made, pair)) return "the key cannot be read, or is of another certificate";
  return NULL;
}

static void free_all(SSL_CTX **certificates, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) SSL_CTX_free(certificates[i]);
  free(certificates);
}

const char *tls_replace(TlsContext *context, const TlsPair *pairs, uint32_t count, uint32_t *at) {
  SSL_CTX **made = calloc(count > 0 ? count : 1, sizeof *made);
  const char *fault = count > 0 ? NULL : "there is no certificate";
  if (!made) abort();
  for (*at = 0; !fault && *at < count; ++*at) {
    made[*at] = SSL_CTX_new(TLS_server_method());
    fault = made[*at] ? fill(made[*at], context, &pairs[*at]) : "out of memory";
    if (fault) break;
  }
  if (!fault && !tickets_open(context, SSL_CTX_get0_privatekey(made[0]))) {
    *at = 0;
    fault = "no keys can be made of this key";
  }
  ERR_clear_error();
  if (fault) {
    free_all(made, count);
    return fault;
  }
  /* Connections hold what they began with. */
  free_all(context->certificates, context->count);
  context->certificates = made;
  context->count = count;
  return NULL;
}

void tls_close(Engine *engine) {
  Tls *tls = engine->tls;
  if (!tls) return;
  for (Link *link; (link = list_pop(&tls->contexts));) {
    TlsContext *context = LIST_ENTRY(link, TlsContext, link);
    free_all(context->certificates, context->count);
    OPENSSL_cleanse(context, sizeof *context);
    free(context);
  }
  BIO_meth_free(tls->method);
  free(tls->in);
  free(tls->out);
  free(tls->plain);
  free(tls);
  engine->tls = NULL;
}
