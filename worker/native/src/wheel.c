/*
 * When cursors send. A timing wheel of 4 ms slots; each cursor has a fixed
 * phase within its period, so that viewers spread over the tick and the small
 * sends of one viewer become one large one. With no cursor the timer stands.
 */
#include "engine.h"

/* Pending bytes at which a cursor should have sent, whatever the tick. */
#define PENDING_TARGET_BYTES 131072
#define RATE_SPAN_MS 250
/* Sending in one turn of the loop; the rest follows after reads had theirs. */
#define RUN_MAX_NS 20000000ull
#define CLOCK_EVERY 8
/* A tick has so many steps at most: each is a turn of the loop, which finds other
 * things in the CPU's caches than viewers. */
#define STEPS_MAX 8

/* The period in which about PENDING_TARGET_BYTES of the log come in. */
static void measure_rate(Log *log, uint64_t now) {
  int64_t head = log_head(log);
  if (log->rate_at_ms == 0 || now < log->rate_at_ms) {
    log->rate_at_ms = now;
    log->rate_head = head;
  }
  uint64_t span = now - log->rate_at_ms;
  if (span < RATE_SPAN_MS) return;
  int64_t bytes = head - log->rate_head;
  uint64_t period = bytes > 0 ? PENDING_TARGET_BYTES * span / (uint64_t)bytes : UINT32_MAX;
  log->period_ms = period > UINT32_MAX ? UINT32_MAX : (uint32_t)period;
  log->rate_at_ms = now;
  log->rate_head = head;
}

static uint32_t period_of(const Engine *engine, const Cursor *cursor, uint64_t now) {
  uint32_t period = engine->send_tick_ms;
  measure_rate(cursor->log, now);
  uint32_t by_rate = cursor->log->period_ms;
  if (by_rate > 0 && by_rate < period) period = by_rate;
  return cursor->urgent || period < URGENT_MS ? URGENT_MS : period;
}

static void arm(Engine *engine) {
  if (engine->wheel_bits == 0 && link_alone(&engine->overdue)) {
    uv_timer_stop(&engine->send_timer);
    return;
  }
  uint64_t delay = 0;
  uv_update_time(engine->loop);
  if (link_alone(&engine->overdue)) {
    uint64_t next = engine->wheel_slot + 1;
    unsigned shift = next % WHEEL_SLOTS;
    uint64_t turned = shift ? engine->wheel_bits >> shift | engine->wheel_bits << (64 - shift)
                            : engine->wheel_bits;
    uint64_t due = (next + (uint64_t)__builtin_ctzll(turned)) * WHEEL_SLOT_MS;
    uint64_t now = uv_now(engine->loop);
    delay = due > now ? due - now : 0;
  }
  uv_timer_start(&engine->send_timer, wheel_run, delay, 0);
}

static void insert(Engine *engine, Connection *connection, uint64_t now) {
  Cursor *cursor = &connection->cursor;
  uint64_t period = period_of(engine, cursor, now);
  uint64_t due = now - now % period + (period * cursor->phase >> 16);
  if (due <= now) due += period;
  uint64_t step = period / (STEPS_MAX * WHEEL_SLOT_MS);
  uint64_t slot = (due + WHEEL_SLOT_MS - 1) / WHEEL_SLOT_MS;
  if (step > 1) slot = (slot + step - 1) / step * step;
  uint64_t last = engine->wheel_slot + WHEEL_SLOTS - 1;
  if (slot <= engine->wheel_slot) slot = engine->wheel_slot + 1;
  if (slot > last) slot = last;
  list_push(&engine->wheel[slot % WHEEL_SLOTS], &cursor->wheel);
  engine->wheel_bits |= 1ull << slot % WHEEL_SLOTS;
}

void wheel_add(Engine *engine, Connection *connection) {
  if (!link_alone(&connection->cursor.wheel)) return;
  uint64_t now = now_ms();
  bool asleep = engine->wheel_bits == 0 && link_alone(&engine->overdue);
  if (asleep) engine->wheel_slot = now / WHEEL_SLOT_MS;
  uint64_t before = engine->wheel_bits;
  insert(engine, connection, now);
  /* In a run the timer is armed at its end. */
  if (engine->wheel_bits != before && !uv_is_closing((uv_handle_t *)&engine->send_timer)) {
    arm(engine);
  }
}

static void collect(Engine *engine, uint64_t now) {
  uint64_t slot = now / WHEEL_SLOT_MS;
  uint64_t last = engine->wheel_slot + WHEEL_SLOTS;
  for (uint64_t i = engine->wheel_slot + 1; i <= slot && i <= last; i++) {
    Link *list = &engine->wheel[i % WHEEL_SLOTS];
    if (!link_alone(list)) stats_lag(engine, LAGS_TICK, now - i * WHEEL_SLOT_MS);
    list_move(&engine->overdue, list);
    engine->wheel_bits &= ~(1ull << i % WHEEL_SLOTS);
  }
  if (slot > engine->wheel_slot) engine->wheel_slot = slot;
}

void wheel_run(uv_timer_t *timer) {
  Engine *engine = timer->data;
  uint64_t began = uv_hrtime(), time = began;
  uint64_t now = began / 1000000;
  engine->stats.ticks++;
  collect(engine, now);
  uint32_t count = 0;
  for (Link *link; (link = list_pop(&engine->overdue));) {
    Connection *connection = LIST_ENTRY(link, Connection, cursor.wheel);
    /* Back into the wheel first: sending may take it out again. */
    insert(engine, connection, now);
    cursor_send(engine, connection);
    if (++count % CLOCK_EVERY != 0) continue;
    time = uv_hrtime();
    if (time - began > RUN_MAX_NS) break;
  }
  double took = (double)(uv_hrtime() - began);
  engine->stats.send_ns += took;
  engine->stats.tick_send_ns += took;
  arm(engine);
  dispatch(engine);
}
