/* What JavaScript calls on a connection. The first argument is its slot. */
#include <arpa/inet.h>
#include <string.h>

#include "addon.h"

static void write_bounded(Engine *engine, Connection *connection, const uint8_t *bytes,
                          size_t length) {
  cursor_settle(engine, connection);
  double bound = engine->options.max_queued_bytes + (double)connection->rest_bytes;
  if ((double)(connection->owned_bytes + length) > bound) {
    connection_close(engine, connection, CLOSE_OVERFLOW);
    return;
  }
  queue_bytes(engine, connection, bytes, length);
  connection_touch(engine, connection);
}

static napi_value call_write(napi_env env, napi_callback_info info) {
  Call call;
  uint8_t *bytes;
  size_t length;
  if (!call_open(&call, env, info)) return NULL;
  Connection *connection = call_connection(&call, 0);
  if (!connection || connection->state >= STATE_ENDING) return NULL;
  if (!call_bytes(&call, 1, &bytes, &length) || length == 0) return NULL;
  write_bounded(call.engine, connection, bytes, length);
  return NULL;
}

/* The part of [position, position + length) that lies in this extent. */
static size_t piece(const Log *log, const Extent *extent, int64_t position, int64_t length) {
  int64_t left = extent_end(log, extent) - position;
  return (size_t)(left < length ? left : length);
}

static napi_value call_span(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Connection *connection = call_connection(&call, 0);
  Log *log = call_log(&call, 1);
  int64_t position = (int64_t)call_number(&call, 2);
  int64_t length = (int64_t)call_number(&call, 3);
  if (!connection || !log || connection->state >= STATE_ENDING) return NULL;
  Extent *extent = log_locate(log, position);
  if (!extent || position + length > log_head(log)) return call_answer(&call, -1);
  uint8_t *head;
  size_t head_bytes;
  if (call_bytes(&call, 4, &head, &head_bytes) && head_bytes > 0) {
    write_bounded(call.engine, connection, head, head_bytes);
    if (!connection_live(connection)) return NULL;
  }
  cursor_settle(call.engine, connection);
  while (length > 0 && extent) {
    size_t bytes = piece(log, extent, position, length);
    if (bytes > 0) queue_span(call.engine, connection, extent, position, bytes);
    position += (int64_t)bytes;
    length -= (int64_t)bytes;
    extent = extent->next;
  }
  connection_touch(call.engine, connection);
  return NULL;
}

static napi_value call_drain(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Connection *connection = call_connection(&call, 0);
  if (!connection) return NULL;
  connection->drain_due = true;
  connection_touch(call.engine, connection);
  return NULL;
}

static napi_value call_attach(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Connection *connection = call_connection(&call, 0);
  Log *log = call_log(&call, 1);
  if (!connection || !log || connection->state >= STATE_ENDING) return NULL;
  int64_t position = (int64_t)call_number(&call, 2);
  cursor_attach(call.engine, connection, log, position, call_flag(&call, 3));
  return NULL;
}

static napi_value call_move(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Connection *connection = call_connection(&call, 0);
  if (!connection) return NULL;
  uint8_t *prefix;
  size_t length;
  int64_t position = (int64_t)call_number(&call, 1);
  if (!connection->cursor.log || !connection->cursor.late_told) return NULL;
  if (call_bytes(&call, 3, &prefix, &length) && length > 0) {
    write_bounded(call.engine, connection, prefix, length);
    if (!connection_live(connection)) return NULL;
  }
  cursor_move(call.engine, connection, position, (uint32_t)(int64_t)call_number(&call, 2));
  return NULL;
}

static napi_value call_limit(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Connection *connection = call_connection(&call, 0);
  double position = call_number(&call, 1);
  if (!connection) return NULL;
  cursor_limit(call.engine, connection, position > 0x1p53 ? INT64_MAX : (int64_t)position);
  return NULL;
}

static napi_value call_detach(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Connection *connection = call_connection(&call, 0);
  if (connection) cursor_detach(call.engine, connection);
  return NULL;
}

/* Results: see SocketMemory. -1: it is closed. */
static napi_value call_memory(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  const Connection *connection = call_connection(&call, 0);
  bool known = connection && socket_memory(connection->fd, call.engine->results);
  return call_answer(&call, known ? 0 : -1);
}

static napi_value call_coalesce(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Connection *connection = call_connection(&call, 0);
  if (connection) poller_coalesce(call.engine, connection, call_flag(&call, 1));
  return NULL;
}

static napi_value call_pause(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Connection *connection = call_connection(&call, 0);
  if (!connection) return NULL;
  connection->paused = call_flag(&call, 1);
  if (!connection->paused) poller_again(call.engine, connection);
  return NULL;
}

static napi_value call_discard(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Connection *connection = call_connection(&call, 0);
  if (connection) connection->discard = call_flag(&call, 1);
  return NULL;
}

static napi_value call_end(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Connection *connection = call_connection(&call, 0);
  if (connection) connection_end(call.engine, connection);
  return NULL;
}

static napi_value call_close(napi_env env, napi_callback_info info) {
  Call call;
  if (!call_open(&call, env, info)) return NULL;
  Connection *connection = call_connection(&call, 0);
  if (!connection) return NULL;
  /* A last word (an error, a status) goes out if the kernel takes it now. */
  bool last_word = connection->state == STATE_OPEN && !connection->blocked;
  if (last_word && connection->first && !connection->first->extent) {
    queue_send(call.engine, connection);
  }
  connection_close(call.engine, connection, CLOSE_LOCAL);
  return NULL;
}

/* The remote address as text; its port and the local one in results. */
static napi_value call_address(napi_env env, napi_callback_info info) {
  Call call;
  char text[INET6_ADDRSTRLEN] = "";
  napi_value result;
  if (!call_open(&call, env, info)) return NULL;
  double slot = call_number(&call, 0);
  if (!(slot >= 0 && slot < call.engine->options.max_connections)) return NULL;
  /* Also of one that has failed already and whose close is still to be told. */
  const Connection *connection = &call.engine->connections[(uint32_t)slot];
  const uint8_t *v6 = connection->remote.v6.sin6_addr.s6_addr;
  if (connection->remote.any.sa_family == AF_INET) {
    inet_ntop(AF_INET, &connection->remote.v4.sin_addr, text, sizeof text);
  } else if (IN6_IS_ADDR_V4MAPPED(&connection->remote.v6.sin6_addr)) {
    inet_ntop(AF_INET, v6 + 12, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, v6, text, sizeof text);
  }
  call.engine->results[0] = ntohs(connection->remote.v6.sin6_port);
  call.engine->results[1] = connection->local_port;
  napi_create_string_latin1(env, text, NAPI_AUTO_LENGTH, &result);
  return result;
}

void define_connection_calls(Call *call, napi_value target) {
  call_define(call, target, "write", call_write);
  call_define(call, target, "span", call_span);
  call_define(call, target, "drain", call_drain);
  call_define(call, target, "attach", call_attach);
  call_define(call, target, "move", call_move);
  call_define(call, target, "limit", call_limit);
  call_define(call, target, "detach", call_detach);
  call_define(call, target, "memory", call_memory);
  call_define(call, target, "coalesce", call_coalesce);
  call_define(call, target, "pause", call_pause);
  call_define(call, target, "discard", call_discard);
  call_define(call, target, "end", call_end);
  call_define(call, target, "closeConnection", call_close);
  call_define(call, target, "address", call_address);
}
