/*
 * The arena: one memfd, mapped shared, cut into units of 16 KB.
 *
 * sendfile hands the kernel the pages themselves, so bytes that were sent may
 * sit unread in socket buffers for long. Writing to those pages would corrupt
 * them. A hole punched first gives the offsets fresh pages, while the old ones
 * live on until the last socket buffer lets go of them.
 *
 *   FREE --take--> USED --give(sent)-----> PENDING --punch--> FREE
 *                       --give(not sent)-> RECYCLED --take--> USED
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine.h"

/* Extents that were never sent keep their pages (a fresh page costs ten times a
 * used one): so much at least, and up to a part of what is in use. */
#define RECYCLED_UNITS_MIN 2048
#define RECYCLED_PART 4
#define RECYCLED_RUNS_MAX 8192
/* Frees are punched together once so much waits (or at the next housekeeping). */
#define PENDING_UNITS_MAX 256

const char *arena_open(Arena *arena, size_t bytes, size_t cap_bytes) {
  memset(arena, 0, sizeof *arena);
  arena->bytes = bytes / UNIT_BYTES * UNIT_BYTES;
  arena->cap_bytes = cap_bytes;
  arena->unit_count = (uint32_t)(bytes / UNIT_BYTES);
  arena->fd = memfd_create("streamcluster-arena", MFD_CLOEXEC);
  if (arena->fd < 0) return "memfd_create failed: the kernel must be Linux 3.17 or newer";
  if (ftruncate(arena->fd, (off_t)arena->bytes) < 0) return "the arena's memfd cannot be sized";
  arena->base =
      mmap(NULL, arena->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, arena->fd, 0);
  if (arena->base == MAP_FAILED) {
    arena->base = NULL;
    return "the arena cannot be mapped: too little address space (ulimit -v)";
  }
  /* Punching a part of a huge page that is in flight corrupted it. A kernel
   * without huge pages answers EINVAL, which is as good. */
  if (madvise(arena->base, arena->bytes, MADV_NOHUGEPAGE) < 0 && errno != EINVAL) {
    return "the arena cannot be kept from huge pages";
  }
  arena->units = calloc(arena->unit_count, 1);
  arena->recycled = calloc(RECYCLED_RUNS_MAX, sizeof(Run));
  arena->pending_capacity = 256;
  arena->pending = calloc(arena->pending_capacity, sizeof(Run));
  if (!arena->units || !arena->recycled || !arena->pending) return "out of memory";
  return arena_self_test(arena);
}

void arena_close(Arena *arena) {
  if (arena->fd >= 0) {
    fallocate(arena->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)arena->bytes);
    close(arena->fd);
  }
  arena->fd = -1;
  free(arena->units);
  free(arena->recycled);
  free(arena->pending);
  arena->units = NULL;
  arena->recycled = arena->pending = NULL;
  arena->recycled_count = arena->pending_count = 0;
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

static void punch_run(Arena *arena, Run run) {
  off_t bytes = (off_t)run.count * UNIT_BYTES;
  if (fallocate(arena->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                (off_t)run.first * UNIT_BYTES, bytes) < 0) {
    return; /* Unpunched units stay PENDING: lost, but never corrupt. */
  }
  mark(arena, run.first, run.count, UNIT_FREE);
  arena->punched_bytes += (double)bytes;
}

static void drop_recycled(Arena *arena) {
  while (arena->recycled_count > 0) punch_run(arena, arena->recycled[--arena->recycled_count]);
  arena->recycled_units = 0;
}

int64_t arena_take(Arena *arena, uint32_t units) {
  if ((arena->used_units + units) * UNIT_BYTES > arena->cap_bytes) return -1;
  int64_t first = take_recycled(arena, units);
  if (first < 0) first = take_free(arena, units);
  if (first < 0) {
    arena_punch(arena);
    drop_recycled(arena);
    first = take_free(arena, units);
  }
  if (first < 0) return -1;
  mark(arena, (uint32_t)first, units, UNIT_USED);
  arena->used_units += units;
  return first;
}

static void recycle(Arena *arena, Run run) {
  size_t most = arena->used_units / RECYCLED_PART;
  if (most < RECYCLED_UNITS_MIN) most = RECYCLED_UNITS_MIN;
  if (arena->recycled_count == RECYCLED_RUNS_MAX || arena->recycled_units + run.count > most) {
    punch_run(arena, run);
    return;
  }
  mark(arena, run.first, run.count, UNIT_RECYCLED);
  arena->recycled[arena->recycled_count++] = run;
  arena->recycled_units += run.count;
}

static bool pending_room(Arena *arena) {
  if (arena->pending_count < arena->pending_capacity) return true;
  uint32_t capacity = arena->pending_capacity * 2;
  Run *grown = realloc(arena->pending, capacity * sizeof(Run));
  if (!grown) return false;
  arena->pending = grown;
  arena->pending_capacity = capacity;
  return true;
}

void arena_give(Arena *arena, uint32_t first, uint32_t units, bool sent) {
  if (!arena->units) return; /* The engine is closing. */
  Run run = {first, units};
  arena->used_units -= units;
  if (!sent) {
    recycle(arena, run);
    return;
  }
  mark(arena, first, units, UNIT_PENDING);
  if (!pending_room(arena)) {
    punch_run(arena, run);
    return;
  }
  arena->pending[arena->pending_count++] = run;
  arena->pending_units += units;
  if (arena->pending_units >= PENDING_UNITS_MAX) arena_punch(arena);
}

static int by_first(const void *a, const void *b) {
  const Run *x = a, *y = b;
  return x->first < y->first ? -1 : x->first > y->first;
}

void arena_punch(Arena *arena) {
  qsort(arena->pending, arena->pending_count, sizeof(Run), by_first);
  for (uint32_t i = 0; i < arena->pending_count;) {
    Run run = arena->pending[i++];
    while (i < arena->pending_count && arena->pending[i].first == run.first + run.count) {
      run.count += arena->pending[i++].count;
    }
    punch_run(arena, run);
  }
  arena->pending_count = arena->pending_units = 0;
}
