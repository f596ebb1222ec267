/* What JavaScript calls on a log. The first argument is its slot. */
#include "addon.h"

static napi_value call_open_log(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Framing framing = {(FramingKind)call_number(&call, 0), (uint32_t)call_number(&call, 1)};
  Log *log = log_open(call.engine, framing);
  return call_answer(&call, log ? (double)log->slot : -1);
}

/* Offset of the new extent in the arena, its capacity in results; -1: full. */
static napi_value call_extend(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Log *log = call_log(&call, 0);
  double bytes = call_number(&call, 1);
  if (!log || bytes > call.engine->options.arena_cap_bytes || bytes > 0x1p31) {
    return call_answer(&call, -1);
  }
  Extent *extent = log_extend(call.engine, log, (uint32_t)bytes);
  if (!extent) return call_answer(&call, -1);
  call.engine->results[0] = extent->capacity;
  return call_answer(&call, (double)extent->first_unit * UNIT_BYTES);
}

static napi_value call_trim(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Log *log = call_log(&call, 0);
  if (log) log_trim(call.engine, log);
  return NULL;
}

static napi_value call_close_log(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Log *log = call_log(&call, 0);
  if (log) log_close(call.engine, log);
  return NULL;
}

void define_log_calls(Call *call, napi_value target) {
  call_define(call, target, "openLog", call_open_log);
  call_define(call, target, "extend", call_extend);
  call_define(call, target, "trim", call_trim);
  call_define(call, target, "closeLog", call_close_log);
}
