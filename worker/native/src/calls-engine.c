/* What JavaScript calls on the engine itself. */
#include <errno.h>

#include "addon.h"
#include "tls.h"

#define HOST_MAX 64
#define CPUS_MAX 1024

static bool text(const Call *call, int index, char *out) {
  size_t length = 0;
  napi_status status =
      napi_get_value_string_latin1(call->env, call->values[index], out, HOST_MAX, &length);
  return status == napi_ok && length < HOST_MAX - 1;
}

/* The listener's id, its port in results; or a negative errno. */
static napi_value call_listen(napi_env env, napi_callback_info info) {
  Call call;
  char host[HOST_MAX];
  if (!call_open(&call, env, info)) return NULL;
  uint16_t port = (uint16_t)call_number(&call, 1);
  if (!text(&call, 0, host)) return call_answer(&call, -EINVAL);
  bool reuse_port = call_flag(&call, 2), paced = call_flag(&call, 3);
  TlsContext *tls = tls_find(call.engine, (uint32_t)call_number(&call, 4));
  int64_t id = listener_open(call.engine, host, &port, reuse_port, paced, tls);
  call.engine->results[0] = port;
  return call_answer(&call, (double)id);
}

static napi_value call_unlisten(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  listener_close(call.engine, (uint32_t)call_number(&call, 0));
  return NULL;
}

/* The slot, its generation in results; -1: no slot, or no literal address. */
static napi_value call_connect(napi_env env, napi_callback_info info) {
  Call call;
  char host[HOST_MAX];
  if (!call_open(&call, env, info)) return NULL;
  if (!text(&call, 0, host)) return call_answer(&call, -1);
  Connection *connection =
      connection_connect(call.engine, host, (uint16_t)call_number(&call, 1));
  if (!connection) return call_answer(&call, -1);
  call.engine->results[0] = connection->generation;
  return call_answer(&call, connection->slot);
}

static napi_value call_ticks(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  call.engine->send_tick_ms = (uint32_t)call_number(&call, 0);
  poller_set_tick(call.engine, (uint32_t)call_number(&call, 1));
  return NULL;
}

static napi_value call_accept_rate(napi_env env, napi_callback_info info) {
  Call call;
  if (call_open(&call, env, info)) listener_set_rate(call.engine, call_number(&call, 0));
  return NULL;
}

static napi_value call_stats(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  stats_fill(call.engine, call.engine->results);
  return NULL;
}

/* How many CPUs, by number, in results, and the thread; 0 or a positive errno. */
static napi_value call_pin(napi_env env, napi_callback_info info) {
  Call call;
  uint32_t cpus[CPUS_MAX];
  if (!call_open(&call, env, info)) return NULL;
  uint32_t count = (uint32_t)call_number(&call, 0);
  if (count > CPUS_MAX) return call_answer(&call, EINVAL);
  for (uint32_t i = 0; i < count; i++) cpus[i] = (uint32_t)call.engine->results[i];
  return call_answer(&call, affinity_set((pid_t)call_number(&call, 1), cpus, count));
}

/* How many CPUs, by number, in results; none of a thread that is gone. */
static napi_value call_affinity(napi_env env, napi_callback_info info) {
  Call call;
  uint32_t cpus[CPUS_MAX], count = 0;
  if (!call_open(&call, env, info)) return NULL;
  pid_t thread = (pid_t)call_number(&call, 0);
  if (affinity_get(thread, cpus, CPUS_MAX, &count) != 0) return call_answer(&call, 0);
  for (uint32_t i = 0; i < count; i++) call.engine->results[i] = cpus[i];
  return call_answer(&call, count);
}

static napi_value call_close_engine(napi_env env, napi_callback_info info) {
  Call call;
  if (call_open(&call, env, info)) engine_close(call.engine);
  return NULL;
}

void define_engine_calls(Call *call, napi_value target) {
  call_define(call, target, "listen", call_listen);
  call_define(call, target, "unlisten", call_unlisten);
  call_define(call, target, "connect", call_connect);
  call_define(call, target, "setTicks", call_ticks);
  call_define(call, target, "acceptRate", call_accept_rate);
  call_define(call, target, "stats", call_stats);
  call_define(call, target, "pin", call_pin);
  call_define(call, target, "affinity", call_affinity);
  call_define(call, target, "closeEngine", call_close_engine);
}
