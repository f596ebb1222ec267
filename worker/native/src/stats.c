#include <string.h>

#include "engine.h"

void stats_lag(Stats *stats, uint64_t late_ms) {
  uint32_t ms = late_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)late_ms;
  stats->lag[ms < LAG_BUCKETS ? ms : LAG_BUCKETS - 1]++;
  stats->lag_count++;
  if (ms > stats->lag_max_ms) stats->lag_max_ms = ms;
}

static uint32_t lag_p99(const Stats *stats) {
  uint32_t above = stats->lag_count / 100, seen = 0;
  for (uint32_t ms = LAG_BUCKETS; ms-- > 0;) {
    seen += stats->lag[ms];
    if (seen > above) return ms;
  }
  return 0;
}

void stats_fill(Engine *engine, double *out) {
  Stats *stats = &engine->stats;
  double values[] = {
      stats->connections,
      stats->cursors,
      stats->logs,
      stats->accepted,
      stats->accept_errors,
      stats->received,
      stats->sent,
      stats->read_calls,
      stats->send_calls,
      stats->late,
      stats->overflows,
      (double)engine->arena.used_units * UNIT_BYTES,
      engine->arena.punched_bytes,
      stats->queued,
      engine->send_tick_ms,
      engine->read_tick_ms,
      lag_p99(stats),
      stats->lag_max_ms,
      stats->read_ns / 1e6,
      stats->send_ns / 1e6,
  };
  memcpy(out, values, sizeof values);
  memset(stats->lag, 0, sizeof stats->lag);
  stats->lag_count = stats->lag_max_ms = 0;
}
