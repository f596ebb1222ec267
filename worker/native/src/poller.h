/* What an epoll event carries: a listener's id, or slot and generation. */
#pragma once
#define LISTENER_TAG (1ull << 63)
