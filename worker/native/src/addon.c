/* The addon's door: create(options, memory, dispatch) and the argument helpers. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

bool call_open(Call *call, napi_env env, napi_callback_info info) {
  size_t count = ARGUMENTS_MAX;
  void *data = NULL;
  napi_get_cb_info(env, info, &count, call->values, NULL, &data);
  call->env = env;
  call->engine = data;
  return data && !call->engine->closed;
}

double call_number(const Call *call, int index) {
  double value = 0;
  napi_get_value_double(call->env, call->values[index], &value);
  return value;
}

bool call_flag(const Call *call, int index) {
  bool value = false;
  napi_get_value_bool(call->env, call->values[index], &value);
  return value;
}

Connection *call_connection(const Call *call, int index) {
  double slot = call_number(call, index);
  if (!(slot >= 0 && slot < call->engine->options.max_connections)) return NULL;
  Connection *connection = &call->engine->connections[(uint32_t)slot];
  return connection_live(connection) ? connection : NULL;
}

Log *call_log(const Call *call, int index) {
  double slot = call_number(call, index);
  return slot >= 0 && slot < LOGS_MAX ? call->engine->logs[(uint32_t)slot] : NULL;
}

bool call_bytes(const Call *call, int index, uint8_t **bytes, size_t *length) {
  void *data = NULL;
  bool is = false;
  napi_is_typedarray(call->env, call->values[index], &is);
  if (!is) return false;
  napi_typedarray_type type;
  napi_get_typedarray_info(call->env, call->values[index], &type, length, &data, NULL, NULL);
  *bytes = data;
  return type == napi_uint8_array;
}

napi_value call_answer(const Call *call, double value) {
  napi_value result;
  napi_create_double(call->env, value, &result);
  return result;
}

void call_define(Call *call, napi_value target, const char *name, napi_callback function) {
  napi_value value;
  napi_create_function(call->env, name, NAPI_AUTO_LENGTH, function, call->engine, &value);
  napi_set_named_property(call->env, target, name, value);
}

static void *memory_of(napi_env env, napi_value memory, const char *name, napi_ref *ref,
                       size_t *length) {
  napi_value value;
  void *data = NULL;
  napi_typedarray_type type;
  napi_get_named_property(env, memory, name, &value);
  napi_get_typedarray_info(env, value, &type, length, &data, NULL, NULL);
  napi_create_reference(env, value, 1, ref);
  return data;
}

static void take_memory(Engine *engine, napi_value memory) {
  napi_env env = engine->env;
  size_t length;
  engine->slab = memory_of(env, memory, "slab", &engine->slab_ref, &length);
  engine->events = memory_of(env, memory, "events", &engine->events_ref, &length);
  engine->event_capacity = (uint32_t)((length - EVENTS_HEAD) / EVENT_INTS);
  engine->rows = memory_of(env, memory, "rows", &engine->rows_ref, &length);
  engine->log_rows = memory_of(env, memory, "logRows", &engine->log_rows_ref, &length);
  engine->lags = memory_of(env, memory, "lags", &engine->lags_ref, &length);
  engine->results = memory_of(env, memory, "results", &engine->results_ref, &length);
}

static void take_options(Engine *engine, napi_value options) {
  static const char *const names[] = {"arenaBytes",     "arenaCapBytes",   "slabBytes",
                                      "maxConnections", "sendBufferBytes", "receiveBufferBytes",
                                      "maxQueuedBytes"};
  double *out = &engine->options.arena_bytes;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    napi_value value;
    napi_get_named_property(engine->env, options, names[i], &value);
    napi_get_value_double(engine->env, value, &out[i]);
  }
}

/* The environment ends while the engine is open: close its handles first. */
static void on_cleanup(napi_async_cleanup_hook_handle handle, void *data) {
  Engine *engine = data;
  engine->cleanup = handle;
  engine_close(engine);
}

typedef struct {
  uint8_t *base;
  size_t bytes;
} Mapping;

static void on_arena_unused(napi_env env, void *data, void *hint) {
  Mapping *mapping = hint;
  (void)env;
  (void)data;
  munmap(mapping->base, mapping->bytes);
  free(mapping);
}

static napi_value arena_buffer(const Engine *engine) {
  napi_value value = NULL;
  Mapping *mapping = malloc(sizeof *mapping);
  if (!mapping) return NULL;
  *mapping = (Mapping){engine->arena.base, engine->arena.bytes};
  napi_create_external_arraybuffer(engine->env, mapping->base, mapping->bytes, on_arena_unused,
                                   mapping, &value);
  return value;
}

static napi_value create(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3], target, arena;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Engine *engine = calloc(1, sizeof *engine);
  if (!engine) return NULL;
  engine->env = env;
  napi_get_uv_event_loop(env, &engine->loop);
  take_options(engine, arguments[0]);
  take_memory(engine, arguments[1]);
  napi_create_reference(env, arguments[2], 1, &engine->dispatch);
  const char *fault = engine_open(engine);
  if (fault) {
    engine_abandon(engine);
    napi_throw_error(env, NULL, fault);
    return NULL;
  }
  napi_add_async_cleanup_hook(env, on_cleanup, engine, &engine->cleanup);
  napi_create_object(env, &target);
  arena = arena_buffer(engine);
  if (arena) napi_set_named_property(env, target, "arena", arena);
  Call call = {.env = env, .engine = engine};
  define_connection_calls(&call, target);
  define_log_calls(&call, target);
  define_engine_calls(&call, target);
  define_repeat_calls(&call, target);
  define_tls_calls(&call, target);
  return target;
}

NAPI_MODULE_INIT() {
  napi_value function, layout;
  napi_create_function(env, "create", NAPI_AUTO_LENGTH, create, NULL, &function);
  napi_set_named_property(env, exports, "create", function);
  napi_create_int32(env, LAYOUT_VERSION, &layout);
  napi_set_named_property(env, exports, "layout", layout);
  return exports;
}
