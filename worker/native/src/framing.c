/* Where records end and where their timestamps stand, per wire format. */
#include "engine.h"

#define FLV_HEADER 11
#define FLV_OVERHEAD 15 /* Header and the previous-tag-size behind the body. */
#define FLV_TIME_END 8  /* E.4.1: 24 low bits at 4, the high 8 bits at 7. */
#define RTMP_TYPE0 11
#define RTMP_EXTENDED 0xFFFFFF

static uint32_t read24(const uint8_t *p) {
  return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static uint32_t read32(const uint8_t *p) { return (uint32_t)p[0] << 24 | read24(p + 1); }

static void write24(uint8_t *p, uint32_t value) {
  p[0] = (uint8_t)(value >> 16);
  p[1] = (uint8_t)(value >> 8);
  p[2] = (uint8_t)value;
}

static void write32(uint8_t *p, uint32_t value) {
  p[0] = (uint8_t)(value >> 24);
  write24(p + 1, value);
}

/* RFC 6455 section 5.2, never masked from a server. */
static size_t ws_header(const uint8_t *p) {
  uint8_t length = p[1] & 0x7F;
  return length < 126 ? 2 : length == 126 ? 4 : 10;
}

static size_t ws_size(const uint8_t *p, size_t left) {
  if (left < 2) return 0;
  size_t header = ws_header(p);
  if (left < header) return 0;
  uint64_t payload = p[1] & 0x7F;
  if (header == 4) payload = (uint64_t)p[2] << 8 | p[3];
  if (header == 10) payload = (uint64_t)read32(p + 2) << 32 | read32(p + 6);
  return payload < FLV_OVERHEAD || payload > left ? 0 : header + payload;
}

/* RTMP 1.0 section 5.3.1.1: one, two or three bytes, by the chunk stream id. */
static size_t rtmp_basic(const uint8_t *p) {
  uint8_t id = p[0] & 0x3F;
  return id == 0 ? 2 : id == 1 ? 3 : 1;
}

static size_t rtmp_size(const Framing *framing, const uint8_t *p, size_t left) {
  size_t basic = left == 0 ? 0 : rtmp_basic(p);
  if (left < basic + RTMP_TYPE0 || basic == 0) return 0;
  size_t extended = read24(p + basic) == RTMP_EXTENDED ? 4 : 0;
  size_t body = read24(p + basic + 3);
  size_t more = body == 0 ? 0 : (body - 1) / framing->chunk_bytes;
  return basic + RTMP_TYPE0 + extended + body + more * (basic + extended);
}

bool framing_has_time(const Framing *framing) { return framing->kind <= FRAMING_RTMP; }

size_t framing_size(const Framing *framing, const uint8_t *p, size_t left) {
  size_t size = 0;
  switch (framing->kind) {
    case FRAMING_FLV:
      if (left >= FLV_OVERHEAD) size = FLV_OVERHEAD + read24(p + 1);
      break;
    case FRAMING_WS_FLV:
      size = ws_size(p, left);
      break;
    case FRAMING_RTMP:
      size = rtmp_size(framing, p, left);
      break;
    case FRAMING_RELAY:
      if (left >= 4) size = 4 + (size_t)read32(p);
      break;
    case FRAMING_RAW:
      break;
  }
  return size > left ? 0 : size;
}

static uint32_t flv_time(const uint8_t *p) { return (uint32_t)p[7] << 24 | read24(p + 4); }

uint32_t framing_time(const Framing *framing, const uint8_t *p) {
  if (framing->kind == FRAMING_FLV) return flv_time(p);
  if (framing->kind == FRAMING_WS_FLV) return flv_time(p + ws_header(p));
  if (framing->kind != FRAMING_RTMP) return 0;
  size_t basic = rtmp_basic(p);
  uint32_t time = read24(p + basic);
  return time == RTMP_EXTENDED ? read32(p + basic + RTMP_TYPE0) : time;
}

size_t framing_head(const Framing *framing, const uint8_t *p) {
  if (framing->kind == FRAMING_FLV) return FLV_TIME_END;
  if (framing->kind == FRAMING_WS_FLV) return ws_header(p) + FLV_TIME_END;
  size_t basic = rtmp_basic(p);
  return basic + RTMP_TYPE0 + (read24(p + basic) == RTMP_EXTENDED ? 4 : 0);
}

size_t framing_extended(const Framing *framing, const uint8_t *p) {
  if (framing->kind != FRAMING_RTMP) return 0;
  size_t basic = rtmp_basic(p);
  return read24(p + basic) == RTMP_EXTENDED ? basic + 4 : 0;
}

void framing_set_time(const Framing *framing, uint8_t *head, uint32_t time) {
  if (framing->kind == FRAMING_RTMP) {
    size_t basic = rtmp_basic(head);
    if (read24(head + basic) == RTMP_EXTENDED) {
      write32(head + basic + RTMP_TYPE0, time);
    } else {
      /* Only just behind a wrap of 2^32 could it not fit; then hold it at 0. */
      write24(head + basic, time >= RTMP_EXTENDED ? 0 : time);
    }
    return;
  }
  uint8_t *flv = framing->kind == FRAMING_WS_FLV ? head + ws_header(head) : head;
  write24(flv + 4, time);
  flv[7] = (uint8_t)(time >> 24);
}
