#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "floor.h"

static uint64_t number(const char *name, const char *text) {
  char *end;
  uint64_t value = strtoull(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != 0) {
    fprintf(stderr, "floor: --%s: not a number: %s\n", name, text);
    exit(2);
  }
  return value;
}

static bool set_text(Args *args, const char *name, const char *value) {
  if (strcmp(name, "clip") == 0) args->clip = value;
  else if (strcmp(name, "cert") == 0) args->cert = value;
  else if (strcmp(name, "key") == 0) args->key = value;
  else if (strcmp(name, "cipher") == 0) args->cipher = value;
  else return false;
  return true;
}

static bool set_number(Args *args, const char *name, const char *text) {
  uint64_t value = number(name, text);
  if (strcmp(name, "port") == 0) args->port = (uint16_t)value;
  else if (strcmp(name, "tick-ms") == 0) args->tick_ms = (uint32_t)value;
  else if (strcmp(name, "streams") == 0) args->streams = (uint32_t)value;
  else if (strcmp(name, "keep-ms") == 0) args->keep_ms = (uint32_t)value;
  else if (strcmp(name, "bits-per-second") == 0) args->bits_per_second = value;
  else if (strcmp(name, "body-bytes") == 0) args->body_bytes = value;
  else if (strcmp(name, "fresh") == 0) args->fresh = value != 0;
  else if (strcmp(name, "copy") == 0) args->copy = value != 0;
  else return false;
  return true;
}

Args args_parse(int count, char **words) {
  Args args = {
      .tick_ms = 20,
      .streams = 1,
      .keep_ms = 10000,
      .bits_per_second = 2000000,
      .body_bytes = 400,
      .cipher = "TLS_AES_128_GCM_SHA256",
  };
  if (count < 2) {
    fprintf(stderr, "usage: floor TASK [--port N] [--tick-ms N] ...\n");
    exit(2);
  }
  args.task = words[1];
  for (int i = 2; i < count; i += 2) {
    const char *name = words[i];
    bool named = strncmp(name, "--", 2) == 0 && i + 1 < count;
    if (named && (set_text(&args, name + 2, words[i + 1]) ||
                  set_number(&args, name + 2, words[i + 1]))) {
      continue;
    }
    fprintf(stderr, "floor: not understood: %s\n", name);
    exit(2);
  }
  if (args.tick_ms == 0 || args.streams == 0 || args.body_bytes == 0) {
    fprintf(stderr, "floor: --tick-ms, --streams and --body-bytes must be above 0\n");
    exit(2);
  }
  return args;
}
