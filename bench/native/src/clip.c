#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "floor.h"

/* Without a file. Keep in step with floor.test.ts. */
#define PATTERN_BYTES (1u << 20)

static uint8_t *clip;
static uint64_t clip_bytes;

static void fill_pattern(void) {
  clip_bytes = PATTERN_BYTES;
  clip = malloc(clip_bytes);
  if (!clip) die("memory");
  for (uint32_t i = 0; i < clip_bytes; i++) clip[i] = (uint8_t)(i * 2654435761u >> 24);
}

void clip_open(const char *name) {
  if (!name) {
    fill_pattern();
    return;
  }
  struct stat status;
  FILE *file = fopen(name, "rb");
  if (!file || fstat(fileno(file), &status) < 0) die(name);
  clip_bytes = (uint64_t)status.st_size;
  clip = malloc(clip_bytes);
  if (!clip || clip_bytes == 0 || fread(clip, 1, clip_bytes, file) != clip_bytes) die(name);
  fclose(file);
}

void clip_copy(uint8_t *to, uint64_t position, uint64_t length) {
  while (length > 0) {
    uint64_t at = position % clip_bytes;
    uint64_t some = clip_bytes - at < length ? clip_bytes - at : length;
    memcpy(to, clip + at, some);
    to += some;
    position += some;
    length -= some;
  }
}
