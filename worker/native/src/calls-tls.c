/* What JavaScript calls for TLS: sets of certificates, and why handshakes fail. */
#include "addon.h"
#include "tls.h"

#define PAIRS_MAX 64

/* The id of a new set, which has no certificates yet; 0: too many protocols. */
static napi_value call_tls_open(napi_env env, napi_callback_info info) {
  Call call;
  uint8_t *protocols = NULL;
  size_t length = 0;
  if (!call_open(&call, env, info)) return NULL;
  if (!call_bytes(&call, 0, &protocols, &length)) length = 0;
  return call_answer(&call, tls_open(call.engine, protocols, length));
}

/* In `bytes` certificate, key, certificate, key ... each as long as results say. */
static bool cut(const Call *call, uint32_t count, TlsPair *pairs) {
  uint8_t *bytes;
  size_t left;
  if (count > PAIRS_MAX || !call_bytes(call, 1, &bytes, &left)) return false;
  const double *lengths = call->engine->results;
  for (uint32_t i = 0; i < count; i++) {
    size_t certificate = (size_t)lengths[2 * i], key = (size_t)lengths[2 * i + 1];
    if (certificate > left || key > left - certificate) return false;
    pairs[i] = (TlsPair){bytes, bytes + certificate, certificate, key};
    bytes += certificate + key;
    left -= certificate + key;
  }
  return true;
}

/* Nothing, or why not; the place of the pair that is of no use in results. */
static napi_value call_tls_replace(napi_env env, napi_callback_info info) {
  Call call;
  TlsPair pairs[PAIRS_MAX];
  napi_value text;
  if (!call_open(&call, env, info)) return NULL;
  TlsContext *context = tls_find(call.engine, (uint32_t)call_number(&call, 0));
  uint32_t count = (uint32_t)call_number(&call, 2), at = 0;
  const char *fault = "too many certificates";
  if (!context) return NULL;
  if (cut(&call, count, pairs)) fault = tls_replace(context, pairs, count, &at);
  call.engine->results[0] = at;
  if (!fault) return NULL;
  napi_create_string_latin1(env, fault, NAPI_AUTO_LENGTH, &text);
  return text;
}

static napi_value call_tls_failure(napi_env env, napi_callback_info info) {
  Call call;
  napi_value text;
  if (!call_open(&call, env, info)) return NULL;
  napi_create_string_latin1(env, tls_failure(call.engine), NAPI_AUTO_LENGTH, &text);
  return text;
}

/* The header in front of the handshake of the connection in this slot, if there was one. */
static napi_value call_preface(napi_env env, napi_callback_info info) {
  Call call;
  napi_value buffer;
  size_t length;
  if (!call_open(&call, env, info)) return NULL;
  const Connection *connection = call_connection(&call, 0);
  if (!connection) return NULL;
  const uint8_t *bytes = tls_preface(connection, &length);
  if (!bytes || napi_create_buffer_copy(env, length, bytes, NULL, &buffer) != napi_ok) return NULL;
  return buffer;
}

void define_tls_calls(Call *call, napi_value target) {
  call_define(call, target, "tlsOpen", call_tls_open);
  call_define(call, target, "tlsReplace", call_tls_replace);
  call_define(call, target, "tlsFailure", call_tls_failure);
  call_define(call, target, "preface", call_preface);
}
