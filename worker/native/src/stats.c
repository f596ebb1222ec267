#include <string.h>

#include "engine.h"

void stats_lag(Engine *engine, int kind, uint64_t ms) {
  engine->lags[kind * LAG_BUCKETS + (ms < LAG_BUCKETS ? ms : LAG_BUCKETS - 1)]++;
}

/* Node has the loop count the time for which it waits (UV_METRICS_IDLE_TIME). */
static uint64_t active_ns(const Engine *engine) {
  return uv_hrtime() - uv_metrics_idle_time(engine->loop);
}

/* How long the loop was busy since it last waited; once a turn. */
static void on_turn(uv_prepare_t *turn) {
  Engine *engine = turn->data;
  Stats *stats = &engine->stats;
  uint64_t active = active_ns(engine);
  stats->turns++;
  stats_lag(engine, LAGS_TURN, (active - stats->active_ns) / 1000000);
  stats->active_ns = active;
}

void stats_open(Engine *engine) {
  engine->opened_active_ns = engine->stats.active_ns = active_ns(engine);
  uv_prepare_start(&engine->turn, on_turn);
}

void stats_fill(Engine *engine, double *out) {
  const Stats *stats = &engine->stats;
  const Arena *arena = &engine->arena;
  double values[] = {
      stats->connections,
      stats->cursors,
      stats->logs,
      stats->extents,
      stats->items,
      stats->accepted,
      stats->accept_errors,
      stats->received,
      stats->sent,
      stats->read_calls,
      stats->send_calls,
      stats->late,
      stats->overflows,
      (double)arena->used_units * UNIT_BYTES,
      (double)arena->recycled_units * UNIT_BYTES,
      arena->emptied_bytes,
      stats->queued,
      engine->send_tick_ms,
      engine->read_tick_ms,
      (double)(active_ns(engine) - engine->opened_active_ns) / 1e6,
      stats->turns,
      stats->ticks,
      stats->batches,
      stats->read_ns / 1e6,
      stats->js_ns / 1e6,
      stats->send_ns / 1e6,
      stats->house_ns / 1e6,
      stats->tick_read_ns / 1e6,
      stats->tick_send_ns / 1e6,
      stats->tls_connections,
      stats->tls_handshakes,
      stats->tls_resumed,
      stats->tls_failures,
      stats->tls_waiting,
      stats->repeats,
  };
  memcpy(out, values, sizeof values);
}
