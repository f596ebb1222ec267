#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>

#include "engine.h"

int affinity_set(pid_t thread, const uint32_t *cpus, uint32_t count) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (uint32_t i = 0; i < count; i++) {
    if (cpus[i] >= CPU_SETSIZE) return EINVAL;
    CPU_SET(cpus[i], &set);
  }
  return sched_setaffinity(thread, sizeof set, &set) < 0 ? errno : 0;
}

int affinity_get(pid_t thread, uint32_t *cpus, uint32_t capacity, uint32_t *count) {
  cpu_set_t set;
  if (sched_getaffinity(thread, sizeof set, &set) < 0) return errno;
  *count = 0;
  for (uint32_t cpu = 0; cpu < CPU_SETSIZE && *count < capacity; cpu++) {
    if (CPU_ISSET(cpu, &set)) cpus[(*count)++] = cpu;
  }
  return 0;
}
