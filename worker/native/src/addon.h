/* Helpers shared by the files that JavaScript calls into. */
#pragma once
#include "engine.h"

#define ARGUMENTS_MAX 6

typedef struct {
  napi_env env;
  Engine *engine;
  napi_value values[ARGUMENTS_MAX];
} Call;

/* False where the engine is closed: the call does nothing. */
bool call_open(Call *call, napi_env env, napi_callback_info info);
double call_number(const Call *call, int index);
bool call_flag(const Call *call, int index);
/* A live connection, or NULL. */
Connection *call_connection(const Call *call, int index);
Log *call_log(const Call *call, int index);
bool call_bytes(const Call *call, int index, uint8_t **bytes, size_t *length);
napi_value call_answer(const Call *call, double value);
void call_define(Call *call, napi_value target, const char *name, napi_callback function);

void define_connection_calls(Call *call, napi_value target);
void define_log_calls(Call *call, napi_value target);
void define_engine_calls(Call *call, napi_value target);
void define_repeat_calls(Call *call, napi_value target);
void define_tls_calls(Call *call, napi_value target);
