/*
 * Keys of session tickets, computed instead of distributed: whoever has the
 * certificate's private key computes the same ones, so that a viewer's ticket is
 * good at every worker, and nobody has to make, store or rotate keys.
 *
 * Who steals the private key could open tickets of any day. Those of TLS 1.3
 * tell nothing of the session's own traffic, and what is resumed has a key
 * exchange of its own (RFC 8446 section 2.2). Tickets of TLS 1.2 hold the very
 * key of the session (RFC 5077 section 4): such clients are given none.
 */
#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

#include "tls-private.h"

#define DAY_SECONDS 86400

enum { USE_NONE, USE_ISSUED, USE_REPLACE };
#define FAILED -1

static const uint8_t SALT[] = "streamcluster ticket keys 1";

static bool hmac(const uint8_t *key, size_t key_length, const uint8_t *bytes, size_t length,
                 uint8_t *out) {
  unsigned out_length = 0;
  return HMAC(EVP_sha256(), key, (int)key_length, bytes, length, out, &out_length) != NULL;
}

/* HKDF's extract step (RFC 5869 section 2.2). */
bool tickets_open(TlsContext *context, EVP_PKEY *key) {
  unsigned char *der = NULL;
  int length = i2d_PrivateKey(key, &der);
  if (length <= 0) return false;
  bool good = hmac(SALT, sizeof SALT - 1, der, (size_t)length, context->ticket_secret);
  OPENSSL_clear_free(der, (size_t)length);
  for (int i = 0; i < 2; i++) context->ticket_keys[i].day = -1;
  return good;
}

/* HKDF's expand step, one block for each purpose (RFC 5869 section 2.3). */
static bool expand(const TlsContext *context, int64_t day, uint8_t purpose, uint8_t *out) {
  uint8_t info[10];
  for (int i = 0; i < 8; i++) info[i] = (uint8_t)(day >> (56 - 8 * i));
  info[8] = purpose;
  info[9] = 1;
  return hmac(context->ticket_secret, SECRET_BYTES, info, sizeof info, out);
}

static TicketKey *key_of_day(TlsContext *context, int64_t day) {
  TicketKey *key = &context->ticket_keys[day & 1];
  if (key->day == day) return key;
  bool good = expand(context, day, 'n', key->name) && expand(context, day, 'c', key->cipher) &&
              expand(context, day, 'm', key->mac);
  key->day = good ? day : -1;
  return good ? key : NULL;
}

static TicketKey *key_named(TlsContext *context, const unsigned char *name, int64_t today) {
  for (int64_t day = today; day >= today - 1; day--) {
    TicketKey *key = key_of_day(context, day);
    if (key && CRYPTO_memcmp(key->name, name, KEY_NAME_BYTES) == 0) return key;
  }
  return NULL;
}

static bool set_mac(EVP_MAC_CTX *mac, TicketKey *key) {
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac, SECRET_BYTES),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0),
      OSSL_PARAM_construct_end(),
  };
  return EVP_MAC_CTX_set_params(mac, params) == 1;
}

int tickets_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                EVP_MAC_CTX *mac, int encrypt) {
  TlsContext *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
  int64_t today = (int64_t)time(NULL) / DAY_SECONDS;
  if (SSL_version(ssl) < TLS1_3_VERSION) return USE_NONE;
  TicketKey *key = encrypt ? key_of_day(context, today) : key_named(context, name, today);
  if (!key) return encrypt ? FAILED : USE_NONE;
  if (encrypt) {
    memcpy(name, key->name, KEY_NAME_BYTES);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return FAILED;
  }
  if (EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv, encrypt) != 1) {
    return FAILED;
  }
  if (!set_mac(mac, key)) return FAILED;
  /* A ticket is used once (RFC 8446 appendix C.4): a new one goes with each. */
  return encrypt ? USE_ISSUED : USE_REPLACE;
}
