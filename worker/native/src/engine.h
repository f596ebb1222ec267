/*
 * The native engine: sockets, memory and sends. Mechanism only; every protocol
 * and every decision is TypeScript (worker/src/engine/engine.ts is its face).
 *
 * One thread, one uv loop. JavaScript is entered at one place (dispatch.c) and
 * only from the top of a uv callback, so no list is walked while it may change
 * underneath. Functions called by JavaScript only queue work.
 *
 * Who owns what:
 *   Engine      owns connections, listeners, logs, arena. Lives until its env ends.
 *   Connection  a slot of Engine.connections; owns its fd and its queue. The slot
 *               is free again once JavaScript has been told of the close.
 *   Log         owned by the engine, made and closed by JavaScript; owns its list
 *               of extents.
 *   Extent      a piece of the arena. Freed when its log let go of it (released)
 *               and refs (cursors standing in it, spans queued on it) is zero.
 *   QueueItem   owned by its connection's queue.
 *   Answer      shared by JavaScript's handle and the connections that use it.
 *   Repeat      owned by its connection.
 *   Tls         owned by the engine, with its contexts; see tls.h.
 */
#pragma once
#define NAPI_VERSION 9
#include <netinet/in.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "list.h"

typedef struct Engine Engine;
typedef struct Connection Connection;
typedef struct Log Log;
typedef struct Extent Extent;
typedef struct Answer Answer;
typedef struct Repeat Repeat;
typedef struct Tls Tls;
typedef struct TlsConnection TlsConnection;
typedef struct TlsContext TlsContext;

/* ---- What both sides of the addon know: keep in step with binding.ts. ---- */

#define LAYOUT_VERSION 7

enum { EVENT_ACCEPT, EVENT_CONNECT, EVENT_DATA, EVENT_DRAIN, EVENT_LIMIT, EVENT_LATE, EVENT_CLOSE };
/* events[0] is the index of the event being handled; events follow the head. */
#define EVENTS_HEAD 8
#define EVENT_INTS 5

/* One row of doubles per connection, written here, read by JavaScript. */
enum { ROW_SENT, ROW_RECEIVED, ROW_QUEUED, ROW_CURSOR, ROW_TIMESTAMP, ROW_FIELDS };

/* One row per log. HEAD, LAG and TRIM are written by JavaScript. */
enum { LOG_HEAD, LOG_LAG, LOG_TRIM, LOG_CURSORS, LOG_FIELDS };
#define LOGS_MAX 32768

/* Counts of how late send ticks ran and how long turns of the loop took, one
 * bucket a millisecond, the last one for all above. They only grow. */
#define LAG_BUCKETS 8192
enum { LAGS_TICK, LAGS_TURN };

typedef enum {
  CLOSE_LOCAL,
  CLOSE_REMOTE,
  CLOSE_RESET,
  CLOSE_TIMEOUT,
  CLOSE_OVERFLOW,
  CLOSE_REFUSED,
  CLOSE_ERROR,
} CloseReason;

typedef enum { FRAMING_FLV, FRAMING_WS_FLV, FRAMING_RTMP, FRAMING_RELAY, FRAMING_RAW } FramingKind;

/* ---- framing.c: where records end and where their time stands. ---- */

typedef struct {
  FramingKind kind;
  uint32_t chunk_bytes; /* rtmp only. */
} Framing;

bool framing_has_time(const Framing *framing);
/* Bytes of the record at p, 0 where `left` bytes hold no whole one. */
size_t framing_size(const Framing *framing, const uint8_t *p, size_t left);
/* Only for a record that framing_size() accepted. */
uint32_t framing_time(const Framing *framing, const uint8_t *p);
/* Bytes from the record's start to behind its timestamp. At most 25. */
size_t framing_head(const Framing *framing, const uint8_t *p);
/* Writes time into a copy of the record's head, in the layout it has. */
void framing_set_time(const Framing *framing, uint8_t *head, uint32_t time);
/* Of an rtmp record with extended time: bytes of a continuation's header. Else 0. */
size_t framing_extended(const Framing *framing, const uint8_t *p);

/* ---- arena.c ---- */

#define UNIT_BYTES 16384

enum { UNIT_FREE, UNIT_USED, UNIT_RECYCLED };

typedef struct {
  uint32_t first, count;
} Run;

typedef struct {
  uint8_t *base; /* Owned by the ArrayBuffer that JavaScript holds. */
  size_t bytes, cap_bytes;
  uint8_t *units; /* State of each unit. */
  uint32_t unit_count, next_fit;
  size_t used_units;
  Run *recycled; /* Free, with pages. */
  uint32_t recycled_count, recycled_units;
  double emptied_bytes;
} Arena;

/* NULL, or the sentence why not. */
const char *arena_open(Arena *arena, size_t bytes, size_t cap_bytes);
/* The unit where the run starts, or -1: full. */
int64_t arena_take(Arena *arena, uint32_t units);
void arena_give(Arena *arena, uint32_t first, uint32_t units);
/* Gives all memory back; the mapping stays valid until its owner unmaps it. */
void arena_close(Arena *arena);

/* ---- log.c ---- */

struct Extent {
  Extent *prev, *next; /* In the log, oldest first. NULL once released. */
  int64_t start;       /* Position of the first byte. */
  uint32_t used;       /* Valid once sealed. */
  uint32_t capacity, first_unit, refs;
  uint32_t time_before; /* Largest timestamp of the records in front of it. */
  bool sealed, released;
};

struct Log {
  uint32_t slot;
  Framing framing;
  double *row;             /* In the table shared with JavaScript. */
  Extent *oldest, *newest; /* Owned. newest is the one being written. */
  uint32_t extent_bytes;   /* Usual capacity, as of the newest extent. */
  uint64_t extended_at_ms; /* When the newest extent was begun. */
  Link cursors;            /* Of Connection.cursor.in_log. Borrowed. */
  int64_t rate_head;
  uint64_t rate_at_ms;
  uint32_t period_ms; /* Send period by rate; 0 unknown. */
};

Log *log_open(Engine *engine, Framing framing);
/* A new extent with room for bytes. NULL: the arena is full. */
Extent *log_extend(Engine *engine, Log *log, uint32_t bytes);
void log_trim(Engine *engine, Log *log);
void log_close(Engine *engine, Log *log);
/* The extent with the byte at position, or where the next one will go. */
Extent *log_locate(Log *log, int64_t position);
int64_t extent_end(const Log *log, const Extent *extent);
void extent_unref(Engine *engine, Extent *extent);
static inline int64_t log_head(const Log *log) { return (int64_t)log->row[LOG_HEAD]; }
static inline uint8_t *extent_bytes(const Arena *arena, const Extent *extent) {
  return arena->base + (size_t)extent->first_unit * UNIT_BYTES;
}

/* ---- queue.c: what write() and writeSpan() leave to send, in order. ---- */

typedef struct QueueItem {
  struct QueueItem *next;
  Extent *extent; /* A span, holding one ref; NULL: own bytes behind the struct. */
  int64_t position;
  size_t length, sent, capacity;
  uint8_t bytes[];
} QueueItem;

typedef enum { SEND_DONE, SEND_BLOCKED, SEND_FAILED } SendResult;

void queue_bytes(Engine *engine, Connection *connection, const uint8_t *bytes, size_t length);
void queue_span(Engine *engine, Connection *connection, Extent *extent, int64_t position,
                size_t length);
SendResult queue_send(Engine *engine, Connection *connection);
/* Sends at once; what the kernel does not take is queued. Only where nothing is. */
void queue_now(Engine *engine, Connection *connection, const uint8_t *bytes, size_t length);
void queue_clear(Engine *engine, Connection *connection);
/* Counts what a send returned. False: retry after EINTR. */
bool sent_some(Engine *engine, Connection *connection, ssize_t n, SendResult *result);

/* ---- connection.c ---- */

typedef enum {
  STATE_FREE,
  STATE_CONNECTING,
  STATE_SHAKING, /* Accepted, and JavaScript is told once it speaks TLS. */
  STATE_OPEN,
  STATE_ENDING,  /* end(): flushing. */
  STATE_LINGER,  /* Flushed and shut down, waiting for the peer's end. */
  STATE_CLOSED,  /* JavaScript is still to be told. */
} ConnectionState;

typedef struct {
  Log *log;       /* NULL: no cursor. Borrowed. */
  Extent *extent; /* Holds one ref. NULL while late or not yet located. */
  int64_t position, origin, limit, record;
  uint32_t skipped_ms;
  uint16_t phase; /* Part of the period, of 65536. */
  bool urgent, late, late_told, at_limit, limit_told, patched;
  bool boundary; /* position is known to be between two records. */
  bool kick;     /* Send at the next flush, not at the phase. */
  Link wheel, in_log;
} Cursor;

struct Connection {
  int fd;
  uint32_t slot, generation;
  ConnectionState state;
  CloseReason reason;
  bool blocked, paused, discard, coalesced, hangup, half_closed;
  bool drain_due; /* JavaScript wants to know when the queue is empty. */
  uint8_t notify; /* Bits 1 << EVENT_*, told at the next dispatch. */
  double *row;
  QueueItem *first, *last;
  size_t owned_bytes; /* Of write(), bounded by maxQueuedBytes. */
  size_t rest_bytes;  /* Among them rests of records, which no write() is to blame for. */
  Cursor cursor;
  uint64_t deadline_ms;
  TlsConnection *tls; /* Owned. NULL: plain TCP. */
  Repeat *repeat;     /* Owned. NULL: every request is told. */
  uint32_t told;      /* Index of its newest DATA event in the present batch. */
  Link ready, dirty, notifying, deadlines;
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } remote;
  uint16_t local_port;
};

/* Takes the descriptor over. NULL (and fd closed): no slot is free. */
Connection *connection_open(Engine *engine, int fd, ConnectionState state);
/* Of one just accepted at a listener with TLS. */
void connection_shake(Engine *engine, Connection *connection, const TlsContext *context,
                      uint32_t listener_id);
void connection_shaken(Engine *engine, Connection *connection, uint32_t listener_id);
Connection *connection_connect(Engine *engine, const char *host, uint16_t port);
void connection_connected(Engine *engine, Connection *connection);
void connection_read(Engine *engine, Connection *connection);
void connection_flush(Engine *engine, Connection *connection);
void connection_end(Engine *engine, Connection *connection);
void connection_close(Engine *engine, Connection *connection, CloseReason reason);
void connection_free(Engine *engine, Connection *connection);
void connection_deadlines(Engine *engine, uint64_t now_ms);
/* Flushes at the end of this turn, so that small writes leave together. */
void connection_touch(Engine *engine, Connection *connection);
static inline bool connection_live(const Connection *connection) {
  return connection->state >= STATE_CONNECTING && connection->state <= STATE_LINGER;
}

/* ---- repeat.c: requests that come again, answered without JavaScript. ---- */

/* NULL: no memory. Freed when JavaScript and all connections have let go of it. */
Answer *answer_new(void);
void answer_unref(Answer *answer);
/* Copies the bytes. None: requests are told again. */
void answer_set(Answer *answer, const uint8_t *bytes, size_t length);
/* The request being told, slab[start, end), is answered alike when it comes again.
 * Does nothing where that is not all that is told of the connection. */
void repeat_expect(const Engine *engine, Connection *connection, Answer *answer, int start,
                   int end);
/* False: the bytes that were read are to be told. May close the connection. */
bool repeat_answer(Engine *engine, Connection *connection, const uint8_t *bytes, size_t length);
void repeat_clear(Connection *connection);

/* ---- socket.c ---- */

/* Of a listener's socket: what it accepts inherits them. */
void socket_options(const Engine *engine, int fd);
/* What the kernel holds of a socket, in the order of SocketMemory in engine.ts. */
bool socket_memory(int fd, double *out);
/* False: not a literal address. */
bool socket_address(const char *host, uint16_t port, struct sockaddr_in6 *out, socklen_t *length);
CloseReason socket_reason(int error);
void socket_raise_limit(void);

/* ---- listener.c ---- */

typedef struct {
  Link link;
  int fd;
  uint32_t id;
  uint16_t port;
  TlsContext *tls; /* NULL: plain TCP. Borrowed. */
  bool paced;    /* Its accepts count against the engine's accept rate. */
  bool sleeping; /* Out of descriptors or of that rate; woken by the housekeeping timer. */
} Listener;

/* Connections that all paced listeners may accept; the rest waits in the kernel. */
typedef struct {
  double per_second; /* 0: no bound. */
  double left;
  uint64_t at_ns;
} AcceptRate;

/* A negative errno, or the id. */
int64_t listener_open(Engine *engine, const char *host, uint16_t *port, bool reuse_port,
                      bool paced, TlsContext *tls);
void listener_set_rate(Engine *engine, double per_second);
void listener_close(Engine *engine, uint32_t id);
void listener_accept(Engine *engine, uint32_t id);
void listener_wake(Engine *engine);

/* ---- fanout.c, wheel.c, patch.c ---- */

void cursor_attach(Engine *engine, Connection *connection, Log *log, int64_t position, bool urgent);
void cursor_detach(Engine *engine, Connection *connection);
void cursor_move(Engine *engine, Connection *connection, int64_t position, uint32_t skipped_ms);
void cursor_limit(Engine *engine, Connection *connection, int64_t position);
/* Queues the rest of a record that is partly sent: then other bytes may follow. */
void cursor_settle(Engine *engine, Connection *connection);
/* Sends what is pending; may raise late or limit, or close the connection. */
void cursor_send(Engine *engine, Connection *connection);
/* The queue is empty: tell of a late cursor that had to wait for it. */
void cursor_queue_empty(Engine *engine, Connection *connection);

SendResult patch_send(Engine *engine, Connection *connection, int64_t target);
/* Queues a copy of what is left of the record, with its time reduced. */
void patch_rest(Engine *engine, Connection *connection, size_t record_bytes);

#define WHEEL_SLOTS 64
#define WHEEL_SLOT_MS 4
#define URGENT_MS 20

void wheel_add(Engine *engine, Connection *connection);
void wheel_run(uv_timer_t *timer);

/* ---- poller.c ---- */

void poller_open(Engine *engine);
void poller_add(Engine *engine, Connection *connection);
/* Moves the connection to the set that is read at once, or on the read tick. */
void poller_coalesce(Engine *engine, Connection *connection, bool on);
void poller_set_tick(Engine *engine, uint32_t read_tick_ms);
/* Reads the connection again soon: there may be more. */
void poller_again(Engine *engine, Connection *connection);

/* ---- dispatch.c ---- */

void dispatch_event(Engine *engine, int kind, const Connection *connection, int a, int b);
bool dispatch_full(const Engine *engine);
void dispatch_notify(Engine *engine, Connection *connection, int kind);
/* At the loop's next turn. */
void dispatch_soon(Engine *engine);
/* Tells JavaScript all there is, and flushes what it wrote, until quiet. */
void dispatch(Engine *engine);

/* ---- stats.c ---- */

/* Times by part never contain one another: what JavaScript, or a send, took in
 * the middle of reading is not time of reading. */
typedef struct {
  double accepted, accept_errors, received, sent, read_calls, send_calls;
  double late, overflows, queued, repeats;
  double read_ns, send_ns, js_ns, house_ns;
  double tick_read_ns, tick_send_ns; /* Of these, what waited for its tick. */
  double turns, ticks, batches; /* Of the loop, of sending, of events told. */
  uint64_t active_ns;           /* Of the loop since it began, as of its last turn. */
  double tls_handshakes, tls_resumed, tls_failures;
  double tls_waiting; /* Ciphertext that the kernel did not take. */
  uint32_t connections, cursors, logs, extents, items, tls_connections;
} Stats;

void stats_open(Engine *engine);
void stats_lag(Engine *engine, int kind, uint64_t ms);
/* Fills the fields of EngineStats in the order of stats.ts. */
void stats_fill(Engine *engine, double *out);

/* ---- affinity.c: 0, or a positive errno. Thread 0 is the calling one. ---- */

int affinity_set(pid_t thread, const uint32_t *cpus, uint32_t count);
int affinity_get(pid_t thread, uint32_t *cpus, uint32_t capacity, uint32_t *count);

/* ---- engine.c ---- */

typedef struct {
  double arena_bytes, arena_cap_bytes, slab_bytes, max_connections;
  double send_buffer_bytes, receive_buffer_bytes, max_queued_bytes, events;
} Options;

#define HANDLES 8

struct Engine {
  napi_env env;
  uv_loop_t *loop;
  napi_ref dispatch, slab_ref, events_ref, rows_ref, log_rows_ref, lags_ref, results_ref;
  napi_async_cleanup_hook_handle cleanup; /* NULL once closed. */
  Options options;
  bool closed;
  int handles_open;

  /* Shared with JavaScript, which owns the memory behind the refs. */
  uint8_t *slab;
  int32_t *events;
  double *rows, *log_rows, *lags, *results;
  size_t slab_used;
  uint32_t event_count, event_capacity;
  bool calling; /* JavaScript reads the events. */

  Connection *connections; /* An anonymous mapping: only used slots cost memory. */
  uint32_t *free_slots, free_count;
  uint32_t generation;
  Log *logs[LOGS_MAX];
  uint32_t log_free[LOGS_MAX], log_free_count;
  Link listeners;
  uint32_t listener_id;
  AcceptRate accept_rate;
  Tls *tls; /* NULL until there is a context. */
  Arena arena;

  int epoll_now, epoll_tick;
  uint32_t read_tick_ms, send_tick_ms;
  uint64_t last_read_ms;
  Link ready, dirty, notifying, deadlines;

  Link wheel[WHEEL_SLOTS], overdue;
  uint64_t wheel_bits, wheel_slot; /* Slots with cursors; the last slot run. */

  Stats stats;
  uint64_t opened_active_ns; /* Of the loop, before it was this engine's. */

  uv_poll_t poll_now, poll_tick;
  uv_timer_t read_timer, send_timer, house_timer;
  uv_prepare_t prepare, turn;
  uv_idle_t idle;
};

/* NULL, or the sentence why not. */
const char *engine_open(Engine *engine);
/* Frees what a failed engine_open() left, and the engine. */
void engine_abandon(Engine *engine);
void engine_close(Engine *engine);
/* Starts the housekeeping timer: deadlines, sleeping listeners. */
void engine_keep_house(Engine *engine);
static inline uint64_t now_ms(void) { return uv_hrtime() / 1000000; }
