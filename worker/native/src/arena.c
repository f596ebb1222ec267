/*
 * The arena: one sparse mapping, cut into units of 16 KB.
 *
 * What is sent the kernel copies at once, so that a unit that is given back may
 * be written over. Pages that are there already are worth keeping: a fresh one
 * costs ten times as much to write. The rest goes back to the machine.
 *
 *   FREE --take--> USED --give--> RECYCLED --take--> USED
 *                          `----> FREE
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "engine.h"

/* So much keeps its pages at least, and up to a part of what is in use. */
#define RECYCLED_UNITS_MIN 2048
#define RECYCLED_PART 4
#define RECYCLED_RUNS_MAX 8192

const char *arena_open(Arena *arena, size_t bytes, size_t cap_bytes) {
  memset(arena, 0, sizeof *arena);
  arena->bytes = bytes / UNIT_BYTES * UNIT_BYTES;
  arena->cap_bytes = cap_bytes;
  arena->unit_count = (uint32_t)(bytes / UNIT_BYTES);
  if (arena->unit_count == 0) return "the arena is too small";
  arena->base = mmap(NULL, arena->bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (arena->base == MAP_FAILED) {
    arena->base = NULL;
    return "the arena cannot be mapped: too little address space (ulimit -v, vm.overcommit_memory)";
  }
  /* Small streams lie between large ones: a huge page would be kept for one of
   * them. A kernel without huge pages answers EINVAL, which is as good. */
  if (madvise(arena->base, arena->bytes, MADV_NOHUGEPAGE) < 0 && errno != EINVAL) {
    return "the arena cannot be kept from huge pages";
  }
  arena->units = calloc(arena->unit_count, 1);
  arena->recycled = calloc(RECYCLED_RUNS_MAX, sizeof(Run));
  return arena->units && arena->recycled ? NULL : "out of memory";
}

void arena_close(Arena *arena) {
  if (arena->base) madvise(arena->base, arena->bytes, MADV_DONTNEED);
  free(arena->units);
  free(arena->recycled);
  arena->units = NULL;
  arena->recycled = NULL;
  arena->recycled_count = 0;
}

static void mark(Arena *arena, uint32_t first, uint32_t units, uint8_t state) {
  memset(arena->units + first, state, units);
}

static int64_t take_recycled(Arena *arena, uint32_t units) {
  for (uint32_t i = arena->recycled_count; i-- > 0;) {
    Run run = arena->recycled[i];
    if (run.count != units) continue;
    arena->recycled[i] = arena->recycled[--arena->recycled_count];
    arena->recycled_units -= units;
    return run.first;
  }
  return -1;
}

/* Next fit: the scan goes on where the last one ended, so that it is short
 * while the arena is mostly empty, and neighbours tend to be freed together. */
static int64_t scan(Arena *arena, uint32_t from, uint32_t to, uint32_t units) {
  uint32_t run = 0;
  for (uint32_t i = from; i < to; i++) {
    run = arena->units[i] == UNIT_FREE ? run + 1 : 0;
    if (run == units) return i + 1 - units;
  }
  return -1;
}

static int64_t take_free(Arena *arena, uint32_t units) {
  int64_t first = scan(arena, arena->next_fit, arena->unit_count, units);
  if (first < 0) first = scan(arena, 0, arena->unit_count, units);
  if (first >= 0) arena->next_fit = (uint32_t)first + units;
  return first;
}

/* Its pages go back to the machine. */
static void empty_run(Arena *arena, Run run) {
  size_t bytes = (size_t)run.count * UNIT_BYTES;
  madvise(arena->base + (size_t)run.first * UNIT_BYTES, bytes, MADV_DONTNEED);
  mark(arena, run.first, run.count, UNIT_FREE);
  arena->emptied_bytes += (double)bytes;
}

static void drop_recycled(Arena *arena) {
  while (arena->recycled_count > 0) empty_run(arena, arena->recycled[--arena->recycled_count]);
  arena->recycled_units = 0;
}

int64_t arena_take(Arena *arena, uint32_t units) {
  if ((arena->used_units + units) * UNIT_BYTES > arena->cap_bytes) return -1;
  int64_t first = take_recycled(arena, units);
  if (first < 0) first = take_free(arena, units);
  if (first < 0) {
    drop_recycled(arena);
    first = take_free(arena, units);
  }
  if (first < 0) return -1;
  mark(arena, (uint32_t)first, units, UNIT_USED);
  arena->used_units += units;
  return first;
}

void arena_give(Arena *arena, uint32_t first, uint32_t units) {
  if (!arena->units) return; /* The engine is closing. */
  Run run = {first, units};
  arena->used_units -= units;
  size_t most = arena->used_units / RECYCLED_PART;
  if (most < RECYCLED_UNITS_MIN) most = RECYCLED_UNITS_MIN;
  if (arena->recycled_count == RECYCLED_RUNS_MAX || arena->recycled_units + units > most) {
    empty_run(arena, run);
    return;
  }
  mark(arena, first, units, UNIT_RECYCLED);
  arena->recycled[arena->recycled_count++] = run;
  arena->recycled_units += units;
}
