/*
 * The floors over TLS as an addon: run(words) does not return before a signal
 * ends it, so Node only lends its OpenSSL and its main thread.
 */
#define NAPI_VERSION 9
#include <node_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "floor.h"

#define WORDS_MAX 64

static void check(napi_status status) {
  if (status == napi_ok) return;
  fprintf(stderr, "floor: run() takes an array of strings\n");
  exit(2);
}

static char *word_at(napi_env env, napi_value words, uint32_t i) {
  napi_value word;
  size_t bytes;
  check(napi_get_element(env, words, i, &word));
  check(napi_get_value_string_utf8(env, word, NULL, 0, &bytes));
  char *text = malloc(bytes + 1);
  if (!text) die("memory");
  check(napi_get_value_string_utf8(env, word, text, bytes + 1, NULL));
  return text;
}

static napi_value run(napi_env env, napi_callback_info info) {
  char *words[WORDS_MAX];
  uint32_t count;
  size_t given = 1;
  napi_value array;
  check(napi_get_cb_info(env, info, &given, &array, NULL, NULL));
  check(napi_get_array_length(env, array, &count));
  if (count > WORDS_MAX) check(napi_invalid_arg);
  for (uint32_t i = 0; i < count; i++) words[i] = word_at(env, array, i);
  Args args = args_parse((int)count, words);
  if (strcmp(args.task, "tls-flv") == 0) {
    fanout_run(&args, tls_transport, true);
  } else if (strcmp(args.task, "tls-segment") == 0) {
    answers_run(&args, tls_transport, false);
  } else {
    fprintf(stderr, "floor: no task %s; tls-flv, tls-segment\n", args.task);
    exit(2);
  }
  exit(0);
}

NAPI_MODULE_INIT() {
  napi_value function;
  check(napi_create_function(env, "run", NAPI_AUTO_LENGTH, run, NULL, &function));
  check(napi_set_named_property(env, exports, "run", function));
  return exports;
}
