/*
 * answer.c - commands that come to the socket: see serve.h
 *
 * What is always true: each is answered by a line that begins with "ok" or
 * "error", and no text of a stream is in an answer but made safe to show.
 * Under the lock things are collected, never formatted at length.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/escape.h"
#include "format/order.h"
#include "format/show.h"
#include "world/serve.h"

#define FOUND_MAX	10000		/* fields of one answer */
#define ANSWER_MAX	((size_t)4 << 20)
#define SMALL		64		/* elements that are shown unasked, */
#define SHOWN		4096		/* and at all */
#define ATTR_SHOWN	200		/* characters of an attribute */
#define LOOKED_AT	1000000		/* for the least and the greatest */

/* A field that is to be shown, with a reference to its record. */
struct found {
	char		 source[SOURCE_SHOWN_MAX];
	struct record	*rec;
	const struct field *field;
};

/*
 * Fields
 */

/* Add a field to the list; with the lock.  -1: no more are taken. */
static int
add_found(struct found **list, size_t *n, const struct source *s,
    const struct record *rec, const struct field *f)
{
	struct found *more;

	if (*n == FOUND_MAX)
		return -1;
	if (*n % 64 == 0) {
		more = reallocarray(*list, *n + 64, sizeof(*more));
		if (more == NULL)
			return -1;
		*list = more;
	}
	source_shown(s, (*list)[*n].source);
	(*list)[*n].rec = record_hold((struct record *)(uintptr_t)rec);
	(*list)[(*n)++].field = f;
	return 0;
}

/* The fields of that name, or all, or all that are parameters; with the lock.
 * -1: too many. */
static int
find_fields(struct aptee *a, const char *name, int parameters,
    struct found **list, size_t *n)
{
	const struct record *rec;
	const struct field *f;

	for (struct source *s = state_sources(store_state(a->store));
	    s != NULL; s = s->next) {
		if (name != NULL) {
			if ((f = source_field(s, name, &rec)) != NULL &&
			    add_found(list, n, s, rec, f) == -1)
				return -1;
			continue;
		}
		for (unsigned i = 0; i < s->nslots; i++)
			if ((f = source_slot(s, i, &rec)) != NULL &&
			    (!parameters || order_parameter(f)) &&
			    add_found(list, n, s, rec, f) == -1)
				return -1;
	}
	return 0;
}

static void
show_range(struct buffer *b, const struct record *r, const struct field *f)
{
	double least = NAN, most = NAN, v;

	if (f->count > LOOKED_AT || f->type == APREC_C64 ||
	    f->type == APREC_C128)
		return;
	for (uint64_t i = 0; i < f->count; i++) {
		v = record_value(r, f, i);
		if (!(v >= least))
			least = isnan(v) ? least : v;
		if (!(v <= most))
			most = isnan(v) ? most : v;
	}
	if (!isnan(least))
		buffer_printf(b, " min %.9g max %.9g", least, most);
}

static void
show_found(struct buffer *b, const struct found *found, int values,
    uint64_t most)
{
	const struct field *f = found->field;

	show_source(b, found->source);
	buffer_puts(b, " ");
	if (values && f->count <= most) {
		buffer_printf(b, "%s ", f->name);
		show_value(b, found->rec, f);
	} else {
		show_field(b, f);
		if (values)
			show_range(b, found->rec, f);
	}
	buffer_puts(b, "\n");
}

/* keys, get, get NAME */
static void
answer_fields(struct server *s, struct buffer *b, const char *name, int values)
{
	struct aptee *a = s->aptee;
	struct found *list = NULL;
	size_t n = 0;
	int full;

	pthread_mutex_lock(&a->lock);
	full = find_fields(a, name, 0, &list, &n) == -1;
	pthread_mutex_unlock(&a->lock);
	if (full)
		buffer_printf(b, "error more than %d fields: name one\n",
		    FOUND_MAX);
	else if (n == 0 && name != NULL)
		buffer_puts(b, "error there is no such field (keys lists "
		    "them)\n");
	else
		buffer_printf(b, "ok %zu field%s\n", n, n == 1 ? "" : "s");
	for (size_t i = 0; i < n; i++) {
		if (!full && b->len < ANSWER_MAX)
			show_found(b, &list[i], values,
			    name != NULL ? SHOWN : SMALL);
		record_drop(list[i].rec);
	}
	if (b->len >= ANSWER_MAX)
		buffer_puts(b, "the rest is too long: name a field\n");
	free(list);
}

/* An attribute, behind a word. */
static void
show_attr(struct buffer *b, const char *before, const struct field *f,
    const char *key)
{
	const char *value = field_attr(f, key);

	if (value == NULL || *value == '\0')
		return;
	buffer_puts(b, before);
	escape_text(b, value, strlen(value), ATTR_SHOWN);
}

/* source name:type value from LEAST to MOST: label */
static void
show_parameter(struct buffer *b, const struct found *found)
{
	const struct field *f = found->field;

	show_source(b, found->source);
	buffer_puts(b, " ");
	show_field(b, f);
	buffer_puts(b, " ");
	if (f->count <= SHOWN)
		show_value(b, found->rec, f);
	else
		buffer_puts(b, "...");
	show_attr(b, " from ", f, "valid_min");
	show_attr(b, " to ", f, "valid_max");
	show_attr(b, ": ", f, "label");
	buffer_puts(b, "\n");
}

static void
answer_params(struct server *s, struct buffer *b)
{
	struct aptee *a = s->aptee;
	struct found *list = NULL;
	size_t n = 0;

	pthread_mutex_lock(&a->lock);
	find_fields(a, NULL, 1, &list, &n);
	pthread_mutex_unlock(&a->lock);
	if (n == 0)
		buffer_puts(b, "error no parameters are published\n");
	else
		buffer_printf(b, "ok %zu parameter%s\n", n,
		    n == 1 ? "" : "s");
	for (size_t i = 0; i < n; i++) {
		if (b->len < ANSWER_MAX)
			show_parameter(b, &list[i]);
		record_drop(list[i].rec);
	}
	if (b->len >= ANSWER_MAX || n == FOUND_MAX)
		buffer_puts(b, "the rest is too long: get NAME\n");
	free(list);
}

/*
 * stat
 */

/* With the lock. */
static void
stat_sources(struct server *s, struct buffer *b)
{
	struct timespec ts;
	char shown[SOURCE_SHOWN_MAX];
	unsigned n = 0;

	clock_gettime(CLOCK_REALTIME, &ts);
	for (struct source *so = state_sources(store_state(s->aptee->store));
	    so != NULL && n < FOUND_MAX; so = so->next, n++) {
		int64_t age = ts.tv_sec * SECOND + ts.tv_nsec - so->wall;

		buffer_puts(b, "source ");
		show_source(b, source_shown(so, shown));
		buffer_printf(b, " step %" PRId64 " age %.1f %s\n",
		    source_step(so), age < 0 ? 0. : (double)age / 1e9,
		    so->final ? "final" : so->ended ? "ended" :
		    orders_is_paused(so) ? "paused" : "live");
	}
}

static void
stat_line(struct buffer *b, const char *kind, uint64_t in, uint64_t out,
    uint64_t dropped, uint64_t bytes, int64_t busy)
{
	buffer_printf(b, "%s in %" PRIu64 " out %" PRIu64 " dropped %" PRIu64
	    " bytes %" PRIu64 " stalled %.1f", kind, in, out, dropped, bytes,
	    busy == 0 ? 0. : (double)(now_ns() - busy) / 1e9);
}

/* With the lock. */
static void
stat_outputs(struct server *s, struct buffer *b)
{
	struct aptee *a = s->aptee;

	for (unsigned i = 0; i < a->noutputs; i++) {
		const struct output *o = a->outputs[i];
		struct counts n = sink_counts(o);

		stat_line(b, "output", a->records, n.out, n.dropped,
		    o->cursor.bytes - o->lost_bytes - o->left_bytes, o->busy);
		buffer_puts(b, " ");
		show_source(b, o->name);
		buffer_puts(b, "\n");
	}
	for (unsigned i = 0; i < s->nclients; i++) {
		const struct client *c = s->clients[i];
		const struct viewer *v = c->viewer;

		if (v == NULL)
			continue;
		stat_line(b, "viewer", v->cursor.in, v->cursor.out,
		    v->cursor.dropped, v->sent, v->busy);
		buffer_printf(b, " %u\n", c->number);
	}
}

static void
answer_stat(struct server *s, struct buffer *b)
{
	struct aptee *a = s->aptee;
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	pthread_mutex_lock(&a->lock);
	buffer_printf(b, "ok aptee pid %ld host %s up %" PRId64 "\n",
	    (long)getpid(), host, (now_ns() - a->begun) / SECOND);
	buffer_printf(b, "memory %zu of %zu\n", (size_t)a->pool.used,
	    a->pool.limit);
	buffer_printf(b, "clients viewers %u controls %u seen %" PRIu64
	    " cut %" PRIu64 " sent %" PRIu64 "%s\n", s->nviewers,
	    s->ncontrols, s->viewers, s->cut, s->sent,
	    orders_paused(s) ? " paused" : "");
	buffer_printf(b, "input records %" PRIu64 " bytes %" PRIu64
	    " duplicates %" PRIu64 " open %u\n", a->records, a->bytes,
	    store_duplicates(a->store), a->running - (unsigned)s->door);
	for (unsigned i = 0; i < a->ninputs; i++) {
		if (a->inputs[i]->over)
			continue;
		buffer_printf(b, "from records %" PRIu64 " lost %" PRIu64
		    " ", a->inputs[i]->records, a->inputs[i]->lost);
		show_source(b, a->inputs[i]->name);
		buffer_puts(b, "\n");
	}
	stat_sources(s, b);
	stat_outputs(s, b);
	pthread_mutex_unlock(&a->lock);
}

void
answer_command(struct server *s, struct client *c, char *line)
{
	struct buffer *b = &c->out;
	size_t len = strlen(line);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f) {
			buffer_puts(b, "error control characters in a "
			    "command\n");
			return;
		}
	while (len > 0 && line[len - 1] == ' ')
		line[--len] = '\0';
	if (strcmp(line, "stat") == 0)
		answer_stat(s, b);
	else if (strcmp(line, "keys") == 0)
		answer_fields(s, b, NULL, 0);
	else if (strcmp(line, "get") == 0)
		answer_fields(s, b, NULL, 1);
	else if (strncmp(line, "get ", 4) == 0)
		answer_fields(s, b, line + 4 + strspn(line + 4, " "), 1);
	else if (strcmp(line, "params") == 0)
		answer_params(s, b);
	else if (strncmp(line, "relay ", 6) == 0)
		orders_take_relayed(s, c, line + 6);
	else
		orders_take(s, c, line);
}
