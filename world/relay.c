/*
 * relay.c - see relay.h
 *
 * What is always true: the thread of a relay owns it until it is put in the
 * server's list, and is felt by nobody else; what it has read becomes safe to
 * show before it is given out.
 */
#include <sys/socket.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/escape.h"
#include "world/relay.h"
#include "world/serve.h"

#define RELAYS		64		/* at once */
#define LEVEL		500		/* ms less for each level, */
#define RETURN		250		/* of which it has so many to answer */
#define REPLY_MAX	((size_t)256 * 1024)	/* bytes from each */
#define SHOWN		600		/* characters of a line of it */

/* One of those below. */
struct reply {
	char		*name;
	int		 fd;		/* -1: it is over */
	struct buffer	 text;
	char		 why[SOCKET_WHY]; /* there is none */
};

struct relay {
	struct relay	*next;		/* of those that are over */
	struct server	*server;
	int64_t		 until;
	char		*line;
	struct reply	*replies;
	unsigned	 n;
	struct relay_answer answer;
};

void
serve_downstream(struct aptee *a, const char *name, int on)
{
	struct server *s = a->server;
	char **more;
	unsigned i;

	if (s == NULL)
		return;
	for (i = 0; i < s->nbelow; i++)
		if (strcmp(s->below[i], name) == 0)
			break;
	if (!on && i < s->nbelow) {
		free(s->below[i]);
		s->below[i] = s->below[--s->nbelow];
	} else if (on && i == s->nbelow &&
	    (more = reallocarray(s->below, i + 1, sizeof(*more))) != NULL) {
		s->below = more;
		if ((more[i] = strdup(name)) != NULL)
			s->nbelow++;
	}
}

void
relay_free(struct relay *r)
{
	if (r == NULL)
		return;
	for (unsigned i = 0; i < r->n; i++) {
		free(r->replies[i].name);
		buffer_free(&r->replies[i].text);
	}
	free(r->replies);
	free(r->line);
	buffer_free(&r->answer.lines);
	free(r);
}

/* With the lock. */
static struct relay *
relay_new(struct server *s, uint64_t id, const char *order, unsigned ms)
{
	struct relay *r = calloc(1, sizeof(*r));
	struct buffer line = { 0 };

	if (r == NULL)
		return NULL;
	r->server = s;
	r->until = now_ns() + (int64_t)(ms - RETURN) * 1000000;
	r->answer.id = id;
	buffer_printf(&line, "relay %016" PRIx64 " %u %s", id, ms - LEVEL,
	    order);
	r->line = line.failed ? NULL : strdup(buffer_text(&line));
	buffer_free(&line);
	r->replies = calloc(s->nbelow, sizeof(*r->replies));
	while (r->replies != NULL && r->n < s->nbelow) {
		r->replies[r->n].fd = -1;
		r->replies[r->n].name = strdup(s->below[r->n]);
		if (r->replies[r->n].name == NULL)
			break;
		r->n++;
	}
	if (r->line != NULL && r->n == s->nbelow)
		return r;
	relay_free(r);
	return NULL;
}

/*
 * The thread
 */

static void
say(struct relay *r)
{
	for (unsigned i = 0; i < r->n; i++) {
		struct reply *p = &r->replies[i];

		if (now_ns() < r->until)
			p->fd = socket_connect(p->name, r->line, p->why);
	}
}

/* What has come of one, until its end. */
static void
hear(struct reply *p)
{
	void *room = buffer_room(&p->text, 4096);
	ssize_t n;

	if (room == NULL || p->text.len > REPLY_MAX)
		n = 0;
	else if ((n = recv(p->fd, room, 4096, MSG_DONTWAIT)) > 0)
		p->text.len += (size_t)n;
	else if (n == -1 && (errno == EINTR || errno == EAGAIN ||
	    errno == EWOULDBLOCK))
		return;
	if (n > 0)
		return;
	close(p->fd);
	p->fd = -1;
}

/* From all of them, until the time is over. */
static void
hear_all(struct relay *r, struct pollfd *polls)
{
	int64_t left;
	unsigned open;

	for (;;) {
		open = 0;
		for (unsigned i = 0; i < r->n; i++) {
			polls[i] = (struct pollfd){ .fd = r->replies[i].fd,
			    .events = POLLIN };
			open += r->replies[i].fd != -1;
		}
		left = r->until - now_ns();
		if (open == 0 || left <= 0)
			break;
		if (poll(polls, r->n, (int)(left / 1000000) + 1) < 1)
			continue;
		for (unsigned i = 0; i < r->n; i++)
			if (polls[i].revents != 0)
				hear(&r->replies[i]);
	}
	for (unsigned i = 0; i < r->n; i++)
		if (r->replies[i].fd != -1) {
			close(r->replies[i].fd);
			r->replies[i].fd = -1;
			buffer_clear(&r->replies[i].text);
		}
}

/* There is one, and it cannot be reached. */
static void
put_failure(struct relay_answer *a, const char *name, const char *why)
{
	a->n++;
	buffer_puts(&a->lines, "error ");
	escape_text(&a->lines, name, strlen(name), SHOWN);
	buffer_puts(&a->lines, ": ");
	escape_text(&a->lines, why, strcspn(why, "\n"), SHOWN);
	buffer_puts(&a->lines, "\n");
}

/* Nobody is there: who says so, and why. */
static void
put_why(struct relay_answer *a, const char *name, const char *why)
{
	struct buffer b = { 0 };

	buffer_puts(&b, "nobody is listening: ");
	escape_text(&b, name, strlen(name), SHOWN);
	buffer_puts(&b, ": ");
	escape_text(&b, why, strcspn(why, "\n"), SHOWN);
	snprintf(a->why, sizeof(a->why), "%s", buffer_text(&b));
	buffer_free(&b);
}

/* The lines of one, which begin with ok or error. */
static unsigned
put_lines(struct relay_answer *a, const char *line)
{
	unsigned n = 0;
	size_t len;
	int ok;

	for (; *line != '\0'; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		ok = strncmp(line, "ok ", 3) == 0;
		if (!ok && strncmp(line, "error ", 6) != 0)
			continue;
		escape_text(&a->lines, line, len, SHOWN);
		buffer_puts(&a->lines, "\n");
		a->accepted += (unsigned)ok;
		n++;
	}
	a->n += n;
	return n;
}

/* Why nobody obeys where there is nothing wrong. */
static int
is_nobody(const char *why)
{
	return strncmp(why, "nobody ", 7) == 0 ||
	    strncmp(why, "the run has ended", 17) == 0;
}

/*
 * What one has answered: a line for all, and one for each that obeys.  Where
 * nobody does it is an error of one line.
 */
static void
put_reply(struct relay_answer *a, struct reply *p)
{
	const char *text = buffer_text(&p->text);
	size_t first = strcspn(text, "\n");

	if (p->text.len == 0 || text[first] == '\0')
		put_failure(a, p->name, *p->why != '\0' ? p->why :
		    "does not answer");
	else if (put_lines(a, text + first + 1) > 0 ||
	    strncmp(text, "ok ", 3) == 0)
		return;
	else if (strncmp(text, "error ", 6) != 0)
		put_failure(a, p->name, "answers neither ok nor error");
	else if (!is_nobody(text + 6))
		put_failure(a, p->name, text + 6);
	else if (*a->why == '\0')
		put_why(a, p->name, text + 6);
}

static void *
relay_run(void *arg)
{
	struct relay *r = arg;
	struct server *s = r->server;
	struct pollfd *polls = calloc(r->n, sizeof(*polls));

	if (polls != NULL) {
		say(r);
		hear_all(r, polls);
		free(polls);
	}
	for (unsigned i = 0; i < r->n; i++)
		put_reply(&r->answer, &r->replies[i]);
	pthread_mutex_lock(&s->aptee->lock);
	r->next = s->relayed;
	s->relayed = r;
	s->relays--;
	serve_rouse(s);
	pthread_mutex_unlock(&s->aptee->lock);
	return NULL;
}

int
relay_begin(struct server *s, uint64_t id, const char *order, unsigned ms)
{
	struct aptee *a = s->aptee;
	struct relay *r;
	int result = -1;

	pthread_mutex_lock(&a->lock);
	if (s->nbelow == 0)
		result = 0;
	else if (ms > LEVEL && s->relays < RELAYS &&
	    (r = relay_new(s, id, order, ms)) != NULL) {
		if (aptee_thread(relay_run, r) == 0) {
			s->relays++;
			result = 1;
		} else
			relay_free(r);
	}
	pthread_mutex_unlock(&a->lock);
	return result;
}

struct relay *
relay_take(struct server *s)
{
	struct relay *r;

	pthread_mutex_lock(&s->aptee->lock);
	if ((r = s->relayed) != NULL)
		s->relayed = r->next;
	pthread_mutex_unlock(&s->aptee->lock);
	return r;
}

const struct relay_answer *
relay_answer(const struct relay *r)
{
	return &r->answer;
}
