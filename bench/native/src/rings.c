/*
 * As in the engine's arena, pages that sendfile() gave to the kernel may not be
 * written again: a hole is punched first, and the next write gets fresh pages.
 * What was never handed over is written over in place, which is ten times cheaper.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "floor.h"

#define RING_UNITS_MIN 4

void rings_open(Rings *rings, uint32_t count, uint64_t keep_bytes, bool fresh) {
  uint64_t units = keep_bytes / UNIT_BYTES + 2;
  if (units < RING_UNITS_MIN) units = RING_UNITS_MIN;
  rings->ring_bytes = units * UNIT_BYTES;
  rings->fresh = fresh;
  uint64_t bytes = rings->ring_bytes * count;
  rings->fd = memfd_create("floor", MFD_CLOEXEC);
  if (rings->fd < 0 || ftruncate(rings->fd, (off_t)bytes) < 0) die("memfd");
  rings->base =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, rings->fd, 0);
  if (rings->base == MAP_FAILED) die("mmap");
  /* Punching a part of a huge page in flight corrupts it. A kernel without huge
   * pages answers EINVAL. */
  if (madvise(rings->base, bytes, MADV_NOHUGEPAGE) < 0 && errno != EINVAL) die("madvise");
}

uint64_t ring_room(const Rings *rings, uint32_t ring, uint64_t position) {
  uint64_t within = position % UNIT_BYTES;
  if (rings->fresh && within == 0 && position >= rings->ring_bytes) {
    off_t offset = (off_t)ring_offset(rings, ring, position);
    if (fallocate(rings->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, UNIT_BYTES) < 0) {
      die("fallocate");
    }
  }
  return UNIT_BYTES - within;
}
