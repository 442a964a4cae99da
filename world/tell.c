/*
 * tell.c - what is printed: messages, the status, the sums; see aptee.h
 *
 * What is always true: no name and no text reaches the terminal but through
 * word_text(), and a message that nobody takes holds up the main thread alone.
 */
#include <sys/ioctl.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/aptee.h"
#include "format/word.h"

void
tell(struct aptee *a, const char *fmt, ...)
{
	struct message *m;
	char raw[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	if (a->nmessages >= 1000 ||
	    (m = malloc(sizeof(*m) + sizeof(raw))) == NULL) {
		a->unsaid++;
		return;
	}
	word_text(m->text, sizeof(raw), raw, strlen(raw));
	m->next = NULL;
	*a->last = m;
	a->last = &m->next;
	a->nmessages++;
	aptee_wake();
}

/* A line to stderr, given up when a signal comes while nobody takes it. */
void
tell_line(struct aptee *a, const char *text)
{
	char line[1200];
	size_t len, done;
	ssize_t n;
	int pad = (int)a->shown - (int)strlen(text);

	len = (size_t)snprintf(line, sizeof(line), "%s%s: %s%*s\n",
	    a->shown > 0 ? "\r" : "", getprogname(), text,
	    pad > 0 ? pad : 0, "");
	if (len >= sizeof(line))
		len = sizeof(line) - 1;
	a->shown = 0;
	for (done = 0; done < len; done += (size_t)n)
		if ((n = write(STDERR_FILENO, line + done, len - done)) == -1)
			return;
}

void
tell_messages(struct aptee *a)
{
	struct message *m;
	char text[64];
	unsigned unsaid;

	pthread_mutex_lock(&a->lock);
	while ((m = a->messages) != NULL) {
		if ((a->messages = m->next) == NULL)
			a->last = &a->messages;
		a->nmessages--;
		pthread_mutex_unlock(&a->lock);
		tell_line(a, m->text);
		free(m);
		pthread_mutex_lock(&a->lock);
	}
	unsaid = a->unsaid;
	a->unsaid = 0;
	pthread_mutex_unlock(&a->lock);
	if (unsaid > 0) {
		snprintf(text, sizeof(text), "%u messages left out", unsaid);
		tell_line(a, text);
	}
}

void
tell_output(struct aptee *a, struct output *o)
{
	char text[1024], more[80] = "", packed[64] = "";
	struct counts c;
	int64_t stalled;

	pthread_mutex_lock(&a->lock);
	c = sink_counts(o);
	stalled = o->busy != 0 ? (now_ns() - o->busy) / SECOND : 0;
	if (c.left_out > 0)
		snprintf(more, sizeof(more), " (%" PRIu64 " by -n)",
		    c.left_out);
	else if (c.behind > 0 && stalled > 0)
		snprintf(more, sizeof(more), " + behind %" PRIu64
		    ", stalled %" PRId64 " s", c.behind, stalled);
	else if (c.behind > 0)
		snprintf(more, sizeof(more), " + behind %" PRIu64, c.behind);
	if (o->pack != NULL)
		snprintf(packed, sizeof(packed), ", compressed %" PRIu64,
		    o->packed);
	snprintf(text, sizeof(text), "%s: in %" PRIu64 " = out %" PRIu64
	    " + dropped %" PRIu64 "%s, duplicates %" PRIu64 ", %" PRIu64
	    " bytes%s", o->name, a->records, c.out, c.dropped, more,
	    store_duplicates(a->store),
	    o->cursor.bytes - o->lost_bytes - o->left_bytes, packed);
	pthread_mutex_unlock(&a->lock);
	tell_line(a, text);
}

/* "12 s, in 1234, 1203/s, 4.2 MB/s, wave@host step 81200"; with the lock. */
static void
input_counts(struct aptee *a, struct tick *t, char *text, size_t size)
{
	struct source *s = state_sources(store_state(a->store));
	unsigned n = state_count(store_state(a->store));
	int64_t now = now_ns();
	double seconds = (double)(now - t->at) / (double)SECOND;
	char shown[APREC_SOURCE_MAX + 16], from[128] = "";

	if (n > 1)
		snprintf(from, sizeof(from), ", %u sources", n);
	else if (n == 1)
		snprintf(from, sizeof(from), ", %s step %" PRId64,
		    source_shown(s, shown), source_step(s));
	snprintf(text, size, "%" PRId64 " s, in %" PRIu64
	    ", %.0f/s, %.1f MB/s%s", (now - a->begun) / SECOND, a->records,
	    (double)(a->records - t->records) / seconds,
	    (double)(a->bytes - t->bytes) / seconds / 1e6, from);
	t->at = now;
	t->records = a->records;
	t->bytes = a->bytes;
}

/* -v: on a terminal one line that is written over, else a line each. */
void
tell_tick(struct aptee *a, struct tick *t)
{
	char text[1024], line[1100];
	uint64_t least = UINT64_MAX, most = 0;
	int64_t stalled = 0, now = now_ns();
	struct winsize ws;
	struct counts c;
	size_t len;

	pthread_mutex_lock(&a->lock);
	input_counts(a, t, text, sizeof(text));
	for (unsigned i = 0; i < a->noutputs; i++) {
		struct output *o = a->outputs[i];

		c = sink_counts(o);
		least = c.out < least ? c.out : least;
		most = c.dropped > most ? c.dropped : most;
		if (o->busy != 0 && now - o->busy > stalled)
			stalled = now - o->busy;
	}
	pthread_mutex_unlock(&a->lock);
	len = strlen(text);
	snprintf(text + len, sizeof(text) - len, ", out %" PRIu64
	    ", dropped %" PRIu64, least, most);
	len = strlen(text);
	if (stalled >= SECOND)
		snprintf(text + len, sizeof(text) - len, ", stalled %" PRId64
		    " s", stalled / SECOND);
	if (!a->terminal) {
		tell_line(a, text);
		return;
	}
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == -1 || ws.ws_col < 20)
		ws.ws_col = 80;
	snprintf(line, sizeof(line), "%s: %s", getprogname(), text);
	len = word_text(text, ws.ws_col < sizeof(text) ? ws.ws_col :
	    sizeof(text), line, strlen(line));
	len = (size_t)snprintf(line, sizeof(line), "\r%-*s", (int)a->shown,
	    text);
	a->shown = strlen(text);
	if (write(STDERR_FILENO, line, len) == -1)
		a->shown = 0;
}

void
tell_status(struct aptee *a, struct tick *t)
{
	char text[1024];
	size_t len;

	pthread_mutex_lock(&a->lock);
	input_counts(a, t, text, sizeof(text));
	len = strlen(text);
	snprintf(text + len, sizeof(text) - len, ", memory %zu of %zu",
	    (size_t)a->pool.used, a->pool.limit);
	pthread_mutex_unlock(&a->lock);
	tell_line(a, text);
	for (unsigned i = 0; i < a->noutputs; i++)
		tell_output(a, a->outputs[i]);
	serve_sum(a);
}
