/* Circular doubly linked lists threaded through their elements: nothing is
 * allocated, and an element leaves its list in O(1) wherever it stands. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

typedef struct Link {
  struct Link *prev, *next;
} Link;

#define LIST_ENTRY(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

static inline void link_init(Link *link) { link->prev = link->next = link; }

static inline bool link_alone(const Link *link) { return link->next == link; }

/* Harmless on an element that is in no list. */
static inline void link_remove(Link *link) {
  link->prev->next = link->next;
  link->next->prev = link->prev;
  link_init(link);
}

static inline void list_push(Link *head, Link *link) {
  link->prev = head->prev;
  link->next = head;
  head->prev->next = link;
  head->prev = link;
}

static inline void list_push_front(Link *head, Link *link) { list_push(head->next, link); }

static inline Link *list_pop(Link *head) {
  Link *first = head->next;
  if (first == head) return NULL;
  link_remove(first);
  return first;
}

/* Moves all elements of `from` behind those of `to`. */
static inline void list_move(Link *to, Link *from) {
  if (link_alone(from)) return;
  from->next->prev = to->prev;
  to->prev->next = from->next;
  from->prev->next = to;
  to->prev = from->prev;
  link_init(from);
}
