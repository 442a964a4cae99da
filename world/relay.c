/*
 * relay.c - orders that go down to the aptees whose sockets are inputs
 *
 * What is always true: the thread of a relay owns its client's descriptor, and
 * waits for nobody longer than 5 s.
 */
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/serve.h"

#define RELAYS		16		/* at once */
#define WAIT		5		/* seconds */
#define ANSWER		1024		/* bytes of an answer that count */

struct relay {
	struct server	*server;
	int		 fd;		/* who asks */
	unsigned	 told;		/* by who is connected here */
	char		 order[CLIENT_LINE];
	char		**names;
	unsigned	 n;
};

void
serve_remember(struct server *s, const char *order)
{
	if (strcmp(order, "pause") == 0)
		s->aptee->paused = 1;
	if (strcmp(order, "resume") == 0 || strcmp(order, "stop") == 0)
		s->aptee->paused = 0;
}

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

static void
relay_free(struct relay *r)
{
	for (unsigned i = 0; i < r->n; i++)
		free(r->names[i]);
	free(r->names);
	free(r);
}

/* With the lock. */
static struct relay *
relay_new(struct server *s, const char *order, unsigned told)
{
	struct relay *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->server = s;
	r->told = told;
	memcpy(r->order, order, strlen(order) + 1);
	if ((r->names = calloc(s->nbelow, sizeof(*r->names))) != NULL)
		for (unsigned i = 0; i < s->nbelow; i++)
			if ((r->names[r->n] = strdup(s->below[i])) != NULL)
				r->n++;
	return r;
}

/* What one of them answers to the order: its first line. */
static void
ask_one(const struct relay *r, const char *name, char answer[SOCKET_WHY])
{
	struct timeval tv = { .tv_sec = WAIT };
	char why[SOCKET_WHY];
	size_t len = 0;
	ssize_t n = 1;
	int fd = socket_connect(name, r->order, why);

	if (fd == -1) {
		snprintf(answer, SOCKET_WHY, "error %.*s", ANSWER - 8, why);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	while (n > 0 && len < ANSWER - 1 &&
	    memchr(answer, '\n', len) == NULL)
		if ((n = read(fd, answer + len, ANSWER - 1 - len)) > 0)
			len += (size_t)n;
	close(fd);
	answer[len] = '\0';
	answer[strcspn(answer, "\n")] = '\0';
	if (len == 0)
		snprintf(answer, SOCKET_WHY, "error no answer");
}

static void *
relay_run(void *arg)
{
	struct relay *r = arg;
	struct aptee *a = r->server->aptee;
	struct timeval tv = { .tv_sec = WAIT };
	struct buffer b = { 0 };
	char answer[SOCKET_WHY], first[SOCKET_WHY] = "";
	unsigned told = r->told;

	for (unsigned i = 0; i < r->n; i++) {
		ask_one(r, r->names[i], answer);
		told += strncmp(answer, "ok", 2) == 0;
		if (*first == '\0')
			memcpy(first, answer, sizeof(first));
	}
	if (told > 0)
		buffer_printf(&b, "ok %s: told to %u\n", r->order, told);
	else
		buffer_printf(&b, "%s\n", first);
	pthread_mutex_lock(&a->lock);
	if (told > 0)
		serve_remember(r->server, r->order);
	r->server->relays--;
	pthread_mutex_unlock(&a->lock);
	setsockopt(r->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (b.len > 0 && send(r->fd, b.p, b.len, MSG_NOSIGNAL) == -1)
		b.failed = 1;		/* it has gone: nobody to tell */
	close(r->fd);
	buffer_free(&b);
	relay_free(r);
	return NULL;
}

int
serve_relay(struct server *s, struct client *c, const char *order,
    unsigned told)
{
	struct aptee *a = s->aptee;
	struct relay *r = NULL;
	int below;

	pthread_mutex_lock(&a->lock);
	below = s->nbelow > 0;
	if (below && s->relays < RELAYS &&
	    (r = relay_new(s, order, told)) != NULL) {
		r->fd = c->fd;
		s->relays++;
		if (aptee_thread(relay_run, r) == 0) {
			c->fd = -1;
		} else {
			s->relays--;
			relay_free(r);
			r = NULL;
		}
	}
	pthread_mutex_unlock(&a->lock);
	if (r != NULL)
		serve_close(s, c);
	else if (below)
		buffer_puts(&c->out, "error too many orders at once\n");
	return below;
}
