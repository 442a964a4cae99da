/*
 * viewer.c - clients that get the stream: see serve.h
 *
 * What is always true: a viewer holds at most what it took at once, the first
 * of which may be half sent; it takes more when that is sent.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/serve.h"

int
viewer_begin(struct server *s, struct client *c)
{
	struct viewer *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return -1;
	store_join_live(s->aptee->store, &v->cursor);
	v->past = s->aptee->past != NULL;
	c->viewer = v;
	c->kind = CLIENT_VIEWER;
	c->events = POLLIN;
	s->nviewers++;
	s->viewers++;
	return 0;
}

void
viewer_end(struct server *s, struct client *c)
{
	struct viewer *v = c->viewer;
	unsigned unsent = v->past ? 0 : v->n - v->first;

	for (; v->first < v->n; v->first++)
		record_drop(v->recs[v->first]);
	s->in += v->cursor.in;
	s->out += v->cursor.out - unsent;
	s->dropped += v->cursor.dropped + unsent;
	store_leave(s->aptee->store, &v->cursor);
	s->sent += v->sent;
	s->nviewers--;
	free(v);
	c->viewer = NULL;
}

/*
 * Bursts
 */

/* Whether all of the burst is sent; then it is over. */
static int
is_idle(struct viewer *v)
{
	if (v->first < v->n)
		return 0;
	if (v->bursting && !v->past && v->cursor.passed >= v->until)
		v->bursting = 0;
	return !v->bursting;
}

/*
 * "more": all before it has been received, or N bytes have.  What was sent
 * before it had all that it was sent asks for nothing.
 */
int
viewer_line(struct client *c, const char *line)
{
	struct viewer *v = c->viewer;
	unsigned long long n = v->sent;
	char *end = NULL;

	if (strncmp(line, "more", 4) != 0)
		return -1;
	if (line[4] == ' ' && line[5] >= '0' && line[5] <= '9')
		n = strtoull(line + 5, &end, 10);
	else if (line[4] != '\0' && line[4] != '\r')
		return -1;
	if (end != NULL && *end != '\0' && *end != '\r')
		return -1;
	v->asks = 1;
	/* With N it may come before the burst is known to be over. */
	if (n == v->sent && (end != NULL || is_idle(v)))
		v->asked = 1;
	return 0;
}

/* The past of the next source, alone: it is big. */
static void
take_past(struct server *s, struct viewer *v)
{
	struct aptee *a = s->aptee;
	struct source *so = state_sources(store_state(a->store));
	struct record *r = NULL;

	for (unsigned i = 0; so != NULL && r == NULL; so = so->next, i++)
		if (i >= v->histories) {
			v->histories++;
			r = past_record(a->past, so->run);
		}
	if (r == NULL) {
		v->past = 0;
		return;
	}
	v->recs[0] = r;
	v->n = 1;
}

/* What comes as history is in the past already. */
static void
leave_histories(struct server *s, struct viewer *v)
{
	unsigned n = 0;

	for (unsigned i = 0; i < v->n && s->aptee->past != NULL; i++)
		if (v->recs[i]->flags & APREC_HISTORY)
			record_drop(v->recs[i]);
		else
			v->recs[n++] = v->recs[i];
	v->n = n;
}

/* Take what is to be sent next; the burst is over where there is nothing. */
static void
take(struct server *s, struct viewer *v, int64_t now)
{
	v->first = v->n = 0;
	v->part = 0;
	if (v->past)
		take_past(s, v);
	if (v->n > 0)
		return;
	v->n = (unsigned)store_take(s->aptee->store, &v->cursor, v->recs,
	    VIEWER_RECORDS, VIEWER_BYTES, now);
	if (v->n == 0) {
		/* One of nothing was none: it is due as soon as there is. */
		v->bursting = 0;
		s->hungry = 1;
		if (v->sent == v->began)
			v->asked = v->asks;
	}
	leave_histories(s, v);
}

/* The tick after that of now, or after the next one. */
static int64_t
next_tick(const struct server *s, int64_t now)
{
	int64_t at = s->tick + s->interval;

	return at > now ? at : now + s->interval;
}

/* When an idle viewer may begin a burst: all begin together, which shares
 * what it costs to wake up, and what is in the caches. */
static int64_t
may_begin(const struct server *s, const struct viewer *v)
{
	if (v->asks && !v->asked)
		return INT64_MAX;
	return v->next > s->tick ? v->next : s->tick;
}

/* Whether the viewer has a burst to go on with or to begin; until: when it
 * may. */
static int
burst(struct server *s, struct viewer *v, int64_t now, int ended,
    int64_t *until)
{
	int64_t at;

	if (!is_idle(v))
		return 1;
	at = v->next == 0 || ended ? now : may_begin(s, v);
	if (at > now) {
		*until = at < *until ? at : *until;
		return 0;
	}
	if (!store_pending(s->aptee->store, &v->cursor, now)) {
		s->hungry = 1;
		return 0;
	}
	v->bursting = 1;
	v->began = v->sent;
	v->asked = 0;
	v->until = store_index(s->aptee->store);
	v->next = next_tick(s, now);
	return 1;
}

int64_t
viewer_take(struct server *s, int64_t now, int ended)
{
	int64_t until = INT64_MAX, tick = s->tick;

	s->hungry = 0;
	for (unsigned i = 0; i < s->nclients; i++) {
		struct viewer *v = s->clients[i]->viewer;

		if (v == NULL || v->first < v->n ||
		    !burst(s, v, now, ended, &until))
			continue;
		if (s->tick <= now)
			tick = next_tick(s, now);
		take(s, v, now);
	}
	s->tick = tick;
	return until;
}

int64_t
viewer_again(const struct server *s, const struct viewer *v, int64_t now)
{
	if (v->first < v->n)
		return INT64_MAX;	/* poll(2) will tell */
	if (v->bursting && (v->past || v->cursor.passed < v->until))
		return now;
	return may_begin(s, v);
}

int
viewer_is_done(struct server *s, const struct client *c)
{
	struct viewer *v = c->viewer;

	return is_idle(v) &&
	    !store_pending(s->aptee->store, &v->cursor, now_ns());
}

/*
 * Sending
 */

/* n bytes have gone. */
static void
count_sent(struct viewer *v, size_t n)
{
	v->sent += n;
	v->asked = 0;			/* that was for less */
	v->part += n;
	while (v->first < v->n && v->part >= v->recs[v->first]->length) {
		v->part -= (size_t)v->recs[v->first]->length;
		v->records++;
		record_drop(v->recs[v->first++]);
	}
}

static ssize_t
send_some(struct client *c)
{
	struct viewer *v = c->viewer;
	struct iovec iov[VIEWER_RECORDS];
	struct msghdr m = { .msg_iov = iov };
	size_t part = v->part;

	for (unsigned i = v->first; i < v->n; i++, part = 0) {
		struct iovec *p = &iov[m.msg_iovlen++];

		p->iov_base = (void *)(uintptr_t)(v->recs[i]->bytes + part);
		p->iov_len = (size_t)v->recs[i]->length - part;
	}
	return sendmsg(c->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void
viewer_send(struct server *s, struct client *c, int64_t now)
{
	struct viewer *v = c->viewer;
	ssize_t n;

	while (v->first < v->n) {
		if ((n = send_some(c)) > 0) {
			count_sent(v, (size_t)n);
			v->busy = 0;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK ||
		    errno == ENOBUFS) {
			v->busy = v->busy != 0 ? v->busy : now;
			c->events |= POLLOUT;
			return;
		} else if (errno != EINTR) {
			serve_close(s, c);	/* it has gone */
			return;
		}
	}
	v->busy = 0;
	c->events &= ~POLLOUT;
}
