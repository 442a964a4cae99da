/*
 * serve.c - the socket's thread: see serve.h
 *
 * What is always true: nothing here waits but poll(2), and what a client does
 * or leaves undone is felt by nobody else.
 */
#include <sys/resource.h>
#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/serve.h"

#define RATE		60		/* bursts a second, without -r */
#define PATIENCE	(5 * SECOND)	/* with who says and takes nothing */
#define NEW_MAX		256		/* clients that have said nothing yet */
#define SILENT		(SECOND / 5)	/* for so long at least */
#define ACCEPT_MAX	64		/* clients taken in before others are
					 * looked at again */
#define UNTAKEN_MAX	(64 * 1024)	/* bytes a client is told of at most */
#define TOLD_MAX	10		/* bad clients told of, */
#define TOLD_EVERY	(10 * SECOND)	/* in so long */

/*
 * Waking
 */

void
serve_rouse(struct server *s)
{
	if (s->woken)
		return;
	s->woken = 1;
	if (write(s->wake[1], "", 1) == -1)
		return;			/* full is as good as written */
}

void
serve_wake(struct aptee *a)
{
	struct server *s = a->server;

	if (s != NULL && (s->hungry || a->quit ||
	    a->running == (unsigned)s->door))
		serve_rouse(s);
}

int
serve_make_room(struct aptee *a)
{
	struct server *s = a->server;
	unsigned mine;

	if (s == NULL || s->over)
		return 0;
	mine = ++s->cut_wanted;
	serve_rouse(s);
	a->waiting++;
	while (!a->quit && !s->over && (int)(s->cut_done - mine) < 0)
		pthread_cond_wait(&a->room, &a->lock);
	a->waiting--;
	return s->cut_found;
}

/*
 * Clients come and go
 */

/* With the lock. */
static void
drop_client(struct server *s, struct client *c)
{
	if (c->kind == CLIENT_GONE)
		return;
	s->nnew -= c->kind == CLIENT_NEW;
	if (c->viewer != NULL)
		viewer_end(s, c);
	if (c->control != NULL)
		orders_leave(s, c);
	if (c->order != NULL)
		orders_forget(c);
	if (c->fd != -1)
		close(c->fd);
	c->kind = CLIENT_GONE;
}

void
serve_close(struct server *s, struct client *c)
{
	pthread_mutex_lock(&s->aptee->lock);
	drop_client(s, c);
	pthread_mutex_unlock(&s->aptee->lock);
}

/* With the lock: tell of a bad client, unless there are many. */
__attribute__((format(printf, 2, 0)))
static void
tell_bad(struct server *s, const char *fmt, va_list ap)
{
	char text[256];
	int64_t now = now_ns();

	if (now - s->told_at >= TOLD_EVERY) {
		s->told_at = now;
		s->told = 0;
	}
	if (++s->told > TOLD_MAX) {
		s->untold++;
		return;
	}
	vsnprintf(text, sizeof(text), fmt, ap);
	tell(s->aptee, "%s: %s", s->name, text);
}

void
serve_tell(struct server *s, const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&s->aptee->lock);
	va_start(ap, fmt);
	tell_bad(s, fmt, ap);
	va_end(ap);
	pthread_mutex_unlock(&s->aptee->lock);
}

void
serve_cut(struct server *s, struct client *c, const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&s->aptee->lock);
	va_start(ap, fmt);
	tell_bad(s, fmt, ap);
	va_end(ap);
	drop_client(s, c);
	pthread_mutex_unlock(&s->aptee->lock);
}

/* What was not told of, when it may be. */
static void
tell_untold(struct server *s, int64_t now)
{
	if (s->untold == 0 || (now - s->told_at < TOLD_EVERY && !s->over))
		return;
	tell(s->aptee, "%s: %u more clients refused or cut off", s->name,
	    s->untold);
	s->untold = 0;
	s->told_at = now;
	s->told = 0;
}

/* Room for one client more: 0 or -1. */
static int
reserve_client(struct server *s)
{
	unsigned room = s->room == 0 ? 64 : 2 * s->room;
	struct client **more;

	if (s->nclients < s->room)
		return 0;
	if ((more = reallocarray(s->clients, room, sizeof(*more))) == NULL)
		return -1;
	s->clients = more;
	s->room = room;
	return 0;
}

static int
new_client(struct server *s, int fd)
{
	struct client *c;

	if (reserve_client(s) == -1 || (c = calloc(1, sizeof(*c))) == NULL)
		return -1;
	if ((c->line = malloc(CLIENT_LINE)) == NULL) {
		free(c);
		return -1;
	}
	c->fd = fd;
	c->kind = CLIENT_NEW;
	c->number = ++s->number;
	c->events = POLLIN;
	c->since = now_ns();
	s->clients[s->nclients] = c;
	s->nclients++;
	s->nnew++;
	return 0;
}

static void
free_client(struct client *c)
{
	buffer_free(&c->out);
	free(c->line);
	free(c);
}

/* Forget those that are gone. */
static void
sweep(struct server *s)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < s->nclients; i++)
		if (s->clients[i]->kind == CLIENT_GONE)
			free_client(s->clients[i]);
		else
			s->clients[kept++] = s->clients[i];
	s->nclients = kept;
}

/* A line to who is not let in. */
static void
refuse(int fd, const char *why)
{
	char line[256];
	int len = snprintf(line, sizeof(line), "error %s\n", why);

	if (send(fd, line, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
		return;
}

/* The oldest of those that have said nothing gives way to the new one; not one
 * that had no time to. */
static int
cut_silent(struct server *s, const char *why)
{
	for (unsigned i = 0; i < s->nclients; i++) {
		struct client *c = s->clients[i];

		if (c->kind != CLIENT_NEW)
			continue;
		if (now_ns() - c->since < SILENT)
			return 0;
		refuse(c->fd, why);
		serve_cut(s, c, "client %u: said nothing, and %s: cut off",
		    c->number, why);
		return 1;
	}
	return 0;
}

/* Whether there is a place for one more to say what it wants. */
static int
is_room(struct server *s)
{
	return s->nnew < NEW_MAX || cut_silent(s, "too many are waiting") ||
	    s->nnew < 4 * NEW_MAX;
}

static void
let_in(struct server *s, int fd)
{
	struct client none = { .kind = CLIENT_CLOSING, .fd = -1 };

	if (!socket_peer_ok(fd)) {
		refuse(fd, "another user serves it");
		serve_cut(s, &none, "another user was refused");
	} else if (!is_room(s)) {
		refuse(fd, "too many are waiting");
		serve_cut(s, &none, "client refused: too many are waiting");
	} else if (fcntl(fd, F_SETFD, FD_CLOEXEC) != -1 &&
	    new_client(s, fd) == 0)
		return;
	close(fd);
}

/* No descriptor is left: the spare one is used to say so. */
static int
refuse_one(struct server *s)
{
	struct client none = { .kind = CLIENT_CLOSING, .fd = -1 };
	int fd;

	if (cut_silent(s, "no more descriptors (see ulimit -n)"))
		return 0;
	if (s->spare == -1)
		return -1;
	close(s->spare);
	if ((fd = accept(s->socket.fd, NULL, NULL)) != -1) {
		refuse(fd, "no more descriptors (see ulimit -n)");
		close(fd);
		serve_cut(s, &none, "client refused: no more descriptors "
		    "(%u clients; see ulimit -n)", s->nclients);
	}
	s->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return fd == -1 ? -1 : 0;
}

static void
accept_clients(struct server *s)
{
	int fd;

	for (int i = 0; i < ACCEPT_MAX; i++) {
		if ((fd = accept(s->socket.fd, NULL, NULL)) != -1)
			let_in(s, fd);
		else if ((errno != EMFILE && errno != ENFILE) ||
		    refuse_one(s) == -1)
			return;
	}
}

/*
 * What clients say
 */

/* The descriptor becomes an input's. */
static void
publish(struct server *s, struct client *c)
{
	struct aptee *a = s->aptee;
	struct input *in = NULL;
	int e;

	pthread_mutex_lock(&a->lock);
	if (a->running > 0 && !a->quit)
		in = feed_accept(a, s->name, c->fd);
	e = errno;
	if (in != NULL)
		c->fd = -1;
	else if (a->running == 0)
		refuse(c->fd, "the run has ended");
	else
		refuse(c->fd, strerror(e));
	drop_client(s, c);
	pthread_mutex_unlock(&a->lock);
}

/* It obeys; name: its source's, or "". */
static void
control(struct server *s, struct client *c, const char *name)
{
	name += strspn(name, " ");
	if (strlen(name) > APREC_SOURCE_MAX) {
		refuse(c->fd, "the name of a source is at most 64 bytes");
		serve_cut(s, c, "client %u: a name of more than 64 bytes: "
		    "refused", c->number);
		return;
	}
	orders_join(s, c, name);
}

static void
view(struct server *s, struct client *c)
{
	struct aptee *a = s->aptee;
	int failed;

	pthread_mutex_lock(&a->lock);
	failed = viewer_begin(s, c);
	pthread_mutex_unlock(&a->lock);
	if (failed == 0) {
		s->nnew--;
		return;
	}
	refuse(c->fd, "out of memory");
	serve_cut(s, c, "client %u: no memory for it", c->number);
}

static void
handshake(struct server *s, struct client *c, char *line)
{
	line[strcspn(line, "\r")] = '\0';
	if (strcmp(line, "view") == 0)
		view(s, c);
	else if (strcmp(line, "publish") == 0)
		publish(s, c);
	else if (strcmp(line, "control") == 0)
		control(s, c, "");
	else if (strncmp(line, "control ", 8) == 0)
		control(s, c, line + 8);
	else {
		s->nnew--;
		c->since = now_ns();
		c->kind = CLIENT_ANSWER;
		c->events = 0;
		answer_command(s, c, line);
		if (c->kind == CLIENT_ANSWER)
			serve_send(s, c);
	}
}

/* Whether what recv(2) gave says that nothing more will come. */
static int
has_ended(ssize_t n)
{
	return n == 0 || (n == -1 && errno != EAGAIN &&
	    errno != EWOULDBLOCK && errno != EINTR);
}

ssize_t
serve_recv(struct client *c, void *buf, size_t n)
{
	ssize_t got = recv(c->fd, buf, n, MSG_DONTWAIT);

	if (has_ended(got)) {
		c->eof = 1;
		c->events &= ~POLLIN;
	}
	return got;
}

/*
 * Take what has come up to the end of the first line, and no byte more: what
 * follows may be a stream.  1: a line is there.
 */
static int
read_line(struct client *c)
{
	char *p = c->line + c->len, *eol;
	ssize_t n = recv(c->fd, p, CLIENT_LINE - c->len,
	    MSG_PEEK | MSG_DONTWAIT);

	if (n > 0 && (eol = memchr(p, '\n', (size_t)n)) != NULL)
		n = eol + 1 - p;
	if (n > 0)
		n = recv(c->fd, p, (size_t)n, MSG_DONTWAIT);
	if (has_ended(n)) {
		c->eof = 1;
		c->events &= ~POLLIN;
	}
	if (n <= 0)
		return 0;
	c->len += (size_t)n;
	if (p[n - 1] != '\n')
		return 0;
	c->line[c->len - 1] = '\0';
	/* A NUL within it ends it: what it asks for is not known. */
	c->len = 0;
	return 1;
}

static void
hear_new(struct server *s, struct client *c)
{
	if (read_line(c))
		handshake(s, c, c->line);
	else if (c->eof)
		serve_close(s, c);
	else if (c->len == CLIENT_LINE) {
		refuse(c->fd, "a line is at most 4096 bytes");
		serve_cut(s, c, "client %u: a line of more than %d bytes: "
		    "cut off", c->number, CLIENT_LINE);
	}
}

/* A viewer's lines: as many as come at once, since others wait. */
static void
hear_viewer(struct server *s, struct client *c)
{
	ssize_t n = serve_recv(c, c->line + c->len, CLIENT_LINE - c->len);
	char *line = c->line, *eol;

	if (n <= 0)
		return;
	c->len += (size_t)n;
	for (; (eol = memchr(line, '\n', c->len)) != NULL; line = eol + 1) {
		*eol = '\0';
		c->len -= (size_t)(eol + 1 - line);
		if (viewer_line(c, line) == -1) {
			serve_cut(s, c, "viewer %u: sent what is not "
			    "\"more\": cut off", c->number);
			return;
		}
	}
	if (c->len == CLIENT_LINE)
		serve_cut(s, c, "viewer %u: a line of more than %d bytes: "
		    "cut off", c->number, CLIENT_LINE);
	else
		memmove(c->line, line, c->len);
}

/* What nobody asked for. */
static void
discard(struct client *c)
{
	char buf[4096];

	serve_recv(c, buf, sizeof(buf));
}

void
serve_send(struct server *s, struct client *c)
{
	ssize_t n;

	while (c->done < c->out.len) {
		n = send(c->fd, c->out.p + c->done, c->out.len - c->done,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno != EAGAIN && errno != EWOULDBLOCK) {
			serve_close(s, c);
			return;
		}
		if (n == -1) {
			c->events |= POLLOUT;
			if (c->kind == CLIENT_CONTROL &&
			    c->out.len - c->done > UNTAKEN_MAX)
				serve_cut(s, c, "control %u: takes nothing: "
				    "cut off", c->number);
			return;
		}
		c->done += (size_t)n;
		c->since = now_ns();
	}
	c->events &= ~POLLOUT;
	c->done = 0;
	buffer_clear(&c->out);
	if (c->kind != CLIENT_ANSWER)
		return;
	discard(c);
	serve_close(s, c);
}

/* What poll(2) said of a client. */
static void
attend(struct server *s, struct client *c, short revents, int64_t now)
{
	if (revents & POLLIN) {
		if (c->kind == CLIENT_NEW)
			hear_new(s, c);
		else if (c->kind == CLIENT_VIEWER)
			hear_viewer(s, c);
		else if (c->kind == CLIENT_CONTROL)
			orders_hear(s, c, revents & POLLHUP);
		else
			discard(c);
	} else if (revents & (POLLHUP | POLLERR | POLLNVAL)) {
		serve_close(s, c);
		return;
	}
	if (revents & POLLOUT) {
		if (c->kind == CLIENT_VIEWER)
			viewer_send(s, c, now);
		else if (c->kind != CLIENT_GONE)
			serve_send(s, c);
	}
	/* A control client that only says no more still obeys. */
	if (c->eof && (c->kind == CLIENT_CLOSING ||
	    (c->kind == CLIENT_CONTROL && (revents & POLLHUP))))
		serve_close(s, c);
}

/*
 * The thread
 */

/* Memory is short: the viewer that stalls longest is cut off; with the lock. */
static void
cut_stalled(struct server *s)
{
	struct client *worst = NULL;

	if (s->cut_done == s->cut_wanted)
		return;
	for (unsigned i = 0; i < s->nclients; i++) {
		struct client *c = s->clients[i];

		if (c->kind == CLIENT_VIEWER && c->viewer->busy != 0 &&
		    (worst == NULL || c->viewer->busy < worst->viewer->busy))
			worst = c;
	}
	s->cut_found = worst != NULL;
	if (worst != NULL) {
		tell(s->aptee, "%s: viewer %u: memory is full (-m %zu): cut "
		    "off, it has taken nothing for %lld s", s->name,
		    worst->number, s->aptee->pool.limit, (long long)
		    ((now_ns() - worst->viewer->busy) / SECOND));
		s->cut++;
		drop_client(s, worst);
	}
	s->cut_done = s->cut_wanted;
	pthread_cond_broadcast(&s->aptee->room);
}

/* With the lock: publishers that were all there were have gone. */
static void
close_door(struct server *s, int64_t now)
{
	struct aptee *a = s->aptee;

	if (!s->door)
		return;
	if (a->running > 1 || a->publishers == 0) {
		s->left_at = now;
		return;
	}
	if (now - s->left_at < a->linger && !a->quit)
		return;
	s->door = 0;
	a->running--;
	sink_wake(a);
	aptee_wake();
}

/* A viewer has all: let it see the end, and close when it has. */
static void
finish_viewer(struct server *s, struct client *c, int64_t now)
{
	int asks = c->viewer->asks;

	viewer_end(s, c);
	if (!asks || c->eof || shutdown(c->fd, SHUT_WR) == -1) {
		drop_client(s, c);
		return;
	}
	c->kind = CLIENT_CLOSING;
	c->events = POLLIN;
	c->since = now;
}

/*
 * With the lock, after the end of input: viewers are let go when they have
 * the last state.  1: there is nothing more to do.
 */
static int
finish(struct server *s, int64_t now)
{
	struct aptee *a = s->aptee;
	unsigned left = 0;

	if (s->ended_at == 0)
		s->ended_at = now;
	for (unsigned i = 0; i < s->nclients; i++) {
		struct client *c = s->clients[i];

		if (c->kind == CLIENT_VIEWER && viewer_is_done(s, c))
			finish_viewer(s, c, now);
		left += c->kind == CLIENT_VIEWER ||
		    c->kind == CLIENT_WAITING || c->kind == CLIENT_ANSWER ||
		    c->kind == CLIENT_CLOSING;
	}
	return left == 0 && (a->quit || now - s->ended_at >= a->linger);
}

/* Those that have had time enough. */
static void
check_time(struct server *s, int64_t now)
{
	for (unsigned i = 0; i < s->nclients; i++) {
		struct client *c = s->clients[i];
		int64_t busy = c->viewer != NULL ? c->viewer->busy : 0;

		if (c->kind == CLIENT_VIEWER && busy != 0 &&
		    s->ended_at != 0 && now - busy >= PATIENCE &&
		    now - s->ended_at >= PATIENCE) {
			pthread_mutex_lock(&s->aptee->lock);
			s->cut++;
			pthread_mutex_unlock(&s->aptee->lock);
			serve_cut(s, c, "viewer %u: took nothing for %lld s "
			    "at the end: cut off", c->number,
			    (long long)((now - busy) / SECOND));
		} else if (now - c->since < PATIENCE)
			continue;
		else if (c->kind == CLIENT_CLOSING)
			serve_close(s, c);
		else if (c->kind == CLIENT_ANSWER && c->out.len > 0)
			serve_cut(s, c, "client %u: does not take its answer: "
			    "cut off", c->number);
		else if (c->kind == CLIENT_NEW) {
			refuse(c->fd, "say what you want: view, publish, "
			    "control or a command");
			serve_cut(s, c, "client %u: said nothing for 5 s: cut "
			    "off", c->number);
		}
	}
}

/* When somebody will have had time enough, if that is before at. */
static int64_t
next_check(const struct server *s, int64_t at)
{
	for (unsigned i = 0; i < s->nclients; i++) {
		const struct client *c = s->clients[i];
		int64_t from = c->since;

		if (c->kind == CLIENT_VIEWER) {
			if (s->ended_at == 0 || c->viewer->busy == 0)
				continue;
			from = c->viewer->busy > s->ended_at ?
			    c->viewer->busy : s->ended_at;
		} else if (c->kind == CLIENT_CONTROL ||
		    c->kind == CLIENT_WAITING)
			continue;
		if (from + PATIENCE < at)
			at = from + PATIENCE;
	}
	if (s->ended_at != 0 && s->ended_at + s->aptee->linger < at)
		at = s->ended_at + s->aptee->linger;
	if (s->door && s->aptee->publishers > 0 &&
	    s->left_at + s->aptee->linger < at)
		at = s->left_at + s->aptee->linger;
	if (s->untold > 0 && s->told_at + TOLD_EVERY < at)
		at = s->told_at + TOLD_EVERY;
	return at;
}

/* Wait for clients, records or a time. */
static int
wait_clients(struct server *s, int64_t until, int64_t now)
{
	struct pollfd *p = reallocarray(s->polls, s->nclients + 2,
	    sizeof(*p));
	int64_t ms = until == INT64_MAX ? -1 : until <= now ? 0 :
	    (until - now + 999999) / 1000000;

	if (p == NULL) {
		usleep(10000);
		return 0;
	}
	s->polls = p;
	p[0] = (struct pollfd){ .fd = s->socket.fd, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = s->wake[0], .events = POLLIN };
	for (unsigned i = 0; i < s->nclients; i++) {
		p[i + 2].fd = s->clients[i]->fd;
		p[i + 2].events = s->clients[i]->events;
	}
	return poll(p, s->nclients + 2, ms > 60000 ? 60000 : (int)ms);
}

static void
attend_all(struct server *s, unsigned n)
{
	int64_t now = now_ns();
	char buf[64];

	for (unsigned i = 0; i < n; i++)
		if (s->polls[i + 2].revents != 0)
			attend(s, s->clients[i], s->polls[i + 2].revents, now);
	if (s->polls[0].revents != 0)
		accept_clients(s);
	if (s->polls[1].revents != 0) {
		/* In this order: a byte that was written for what comes later
		 * would be gone, and nobody would write another. */
		while (read(s->wake[0], buf, sizeof(buf)) > 0)
			continue;
		pthread_mutex_lock(&s->aptee->lock);
		s->woken = 0;
		pthread_mutex_unlock(&s->aptee->lock);
	}
}

/* With the lock: what is to be done now; when something will be. */
static int64_t
turn(struct server *s, int64_t now)
{
	struct aptee *a = s->aptee;
	int64_t until;

	cut_stalled(s);
	tell_untold(s, now);
	close_door(s, now);
	until = viewer_take(s, now, a->running == 0 || a->quit);
	if ((a->running == 0 || a->quit) && finish(s, now)) {
		s->over = 1;
		/* From now on the main thread may end. */
		tell_untold(s, now);
	}
	return next_check(s, until);
}

/* Send what was taken; when to come again, if that is before until. */
static int64_t
send_all(struct server *s, int64_t now, int64_t until)
{
	int64_t at;

	for (unsigned i = 0; i < s->nclients; i++) {
		struct client *c = s->clients[i];

		if (c->kind != CLIENT_VIEWER || c->viewer->first ==
		    c->viewer->n || (c->events & POLLOUT))
			continue;
		viewer_send(s, c, now);
		if (c->kind == CLIENT_VIEWER &&
		    (at = viewer_again(s, c->viewer, now)) < until)
			until = at;
	}
	return until;
}

static void *
serve_run(void *arg)
{
	struct server *s = arg;
	struct aptee *a = s->aptee;
	int64_t now, until, at;
	unsigned n;
	int quit;

	for (;;) {
		now = now_ns();
		pthread_mutex_lock(&a->lock);
		until = turn(s, now);
		quit = a->quit;
		pthread_mutex_unlock(&a->lock);
		until = send_all(s, now, until);
		/* At the end nobody waits for answers any more. */
		at = orders_turn(s, quit ? INT64_MAX : now);
		until = at < until ? at : until;
		check_time(s, now);
		sweep(s);
		if (s->over)
			break;
		n = s->nclients;
		if (wait_clients(s, until, now) > 0)
			attend_all(s, n);
	}
	pthread_mutex_lock(&a->lock);
	for (unsigned i = 0; i < s->nclients; i++)
		drop_client(s, s->clients[i]);
	serve_remove();
	pthread_cond_broadcast(&a->room);
	aptee_wake();
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/*
 * Beginning and end
 */

static struct server *listening;	/* for serve_remove() */

/* By the thread that serves at its end, and by exit(3). */
void
serve_remove(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&lock);
	if (listening != NULL)
		socket_remove(&listening->socket);
	listening = NULL;
	pthread_mutex_unlock(&lock);
}

/* Each viewer needs a descriptor. */
static void
raise_descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == -1)
		return;
	l.rlim_cur = l.rlim_max;
#ifdef OPEN_MAX
	if (l.rlim_cur > OPEN_MAX)
		l.rlim_cur = OPEN_MAX;
#endif
	setrlimit(RLIMIT_NOFILE, &l);	/* then it is as many as it was */
}

void
serve_open(struct aptee *a, const char *name, int door)
{
	struct server *s = aptee_allocate(1, sizeof(*s));
	char why[SOCKET_WHY];

	s->aptee = a;
	s->name = name;
	s->door = door;
	s->interval = SECOND / (a->rate > 0 ? a->rate : RATE);
	if (socket_listen(&s->socket, name, why) == -1)
		errx(1, "%s", why);
	listening = s;
	atexit(serve_remove);
	raise_descriptors();
	if (pipe(s->wake) == -1)
		err(1, "pipe");
	for (int i = 0; i < 2; i++)
		if (fcntl(s->wake[i], F_SETFD, FD_CLOEXEC) == -1 ||
		    fcntl(s->wake[i], F_SETFL, O_NONBLOCK) == -1)
			err(1, "pipe");
	s->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	a->server = s;
	a->running += (unsigned)door;
}

void
serve_start(struct aptee *a)
{
	if (a->server == NULL)
		return;
	if ((errno = aptee_thread(serve_run, a->server)) != 0)
		err(1, "thread");
}

void
serve_sum(struct aptee *a)
{
	struct server *s = a->server;
	char text[256];

	if (s == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	snprintf(text, sizeof(text), "%s: %" PRIu64 " viewer%s, %u still "
	    "there, %" PRIu64 " cut off; the others: in %" PRIu64 " = out %"
	    PRIu64 " + dropped %" PRIu64 ", %" PRIu64 " bytes", s->name,
	    s->viewers, s->viewers == 1 ? "" : "s", s->nviewers, s->cut,
	    s->in, s->out, s->dropped, s->sent);
	pthread_mutex_unlock(&a->lock);
	tell_line(a, text);
}

int
serve_is_over(struct aptee *a)
{
	return a->server == NULL || a->server->over;
}
