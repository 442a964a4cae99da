/*
 * relay.h - orders that go down to the aptees whose sockets are inputs
 *
 * They are sent "relay ID MS ORDER": an order that comes twice, over two paths
 * or in a circle, has the ID of the first, and each level has half a second
 * less to answer than the one above it, which so has the answer in time.
 */
#ifndef RELAY_H
#define RELAY_H

#include <stdint.h>

#include "format/buffer.h"
#include "world/socket.h"

struct relay;
struct server;

/* What they have answered, all together. */
struct relay_answer {
	uint64_t	 id;
	unsigned	 n;		/* lines: of who obeys, or cannot be */
	unsigned	 accepted;	/* reached; those that begin with ok */
	struct buffer	 lines;		/* safe to show */
	char		 why[SOCKET_WHY]; /* or why there is nobody, or "" */
};

/*
 * Send the order to them, from a thread of its own; it waits for at most so
 * many ms.  0: there are none; -1: too many orders are on their way, or it has
 * come down too far, or there is no memory for it.
 */
int relay_begin(struct server *s, uint64_t id, const char *order,
    unsigned ms);
/* One that is over, which is the caller's; or NULL. */
struct relay *relay_take(struct server *s);
const struct relay_answer *relay_answer(const struct relay *r);
void relay_free(struct relay *r);

#endif
