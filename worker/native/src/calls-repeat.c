/* What JavaScript calls about requests that come again: see repeat.c. */
#include "addon.h"

static void on_answer_unused(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  answer_unref(data);
}

static Answer *answer_of(const Call *call, int index) {
  void *data = NULL;
  napi_get_value_external(call->env, call->values[index], &data);
  return data;
}

/* A handle: the answer lives as long as it, and as connections need it. */
static napi_value call_answer_open(napi_env env, napi_callback_info info) {
  Call call;
  napi_value handle = NULL;
  if (!call_open(&call, env, info)) return NULL;
  Answer *answer = answer_new();
  if (!answer) return NULL;
  napi_status status = napi_create_external(env, answer, on_answer_unused, NULL, &handle);
  if (status != napi_ok) answer_unref(answer);
  return handle;
}

/* Without bytes: taken back. */
static napi_value call_answer_set(napi_env env, napi_callback_info info) {
  Call call;
  uint8_t *bytes = NULL;
  size_t length = 0;
  if (!call_open(&call, env, info)) return NULL;
  Answer *answer = answer_of(&call, 0);
  if (!answer) return NULL;
  if (!call_bytes(&call, 1, &bytes, &length)) length = 0;
  answer_set(answer, bytes, length);
  return NULL;
}

static napi_value call_expect(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Connection *connection = call_connection(&call, 0);
  Answer *answer = answer_of(&call, 1);
  if (!connection || !answer) return NULL;
  repeat_expect(call.engine, connection, answer, (int)call_number(&call, 2),
                (int)call_number(&call, 3));
  return NULL;
}

static napi_value call_forget(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Connection *connection = call_connection(&call, 0);
  if (connection) repeat_clear(connection);
  return NULL;
}

void define_repeat_calls(Call *call, napi_value target) {
  call_define(call, target, "answerOpen", call_answer_open);
  call_define(call, target, "answerSet", call_answer_set);
  call_define(call, target, "expect", call_expect);
  call_define(call, target, "forget", call_forget);
}
