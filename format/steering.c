/*
 * steering.c - see steering.h
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "steering.h"

/* What one record says. */
struct told {
	uint64_t	 seq;
	size_t		 order;		/* in which they came */
	size_t		 len;
	char		*text;
};

struct run {
	uint64_t	 run;		/* for runs.h */
	char		 source[APREC_SOURCE_MAX + 1];
	struct told	*list;
	size_t		 n;
};

void
steering_free(struct steering *st)
{
	for (size_t i = 0; i < st->runs.count; i++) {
		struct run *run = st->runs.list[i];

		for (size_t j = 0; j < run->n; j++)
			free(run->list[j].text);
		free(run->list);
	}
	runs_free(&st->runs);
	st->used = 0;
}

/* The run's list has room for one more. */
static int
reserve(struct run *run)
{
	struct told *more;

	/* Full when it has as many as a power of 2. */
	if (run->n < 8 ? run->n > 0 : (run->n & (run->n - 1)) != 0)
		return 0;
	more = realloc(run->list, (run->n < 8 ? 8 : 2 * run->n) *
	    sizeof(*more));
	if (more == NULL)
		return -1;
	run->list = more;
	return 0;
}

static int
keep(struct steering *st, struct run *run, const struct record *r,
    const struct field *f)
{
	size_t len = (size_t)f->length;
	size_t size = len + 1 + sizeof(*run->list);
	struct told *t;

	if (st->memory > 0 && st->memory - st->used < size) {
		errno = ENOBUFS;
		return -1;
	}
	if (reserve(run) == -1)
		return -1;
	t = &run->list[run->n];
	if ((t->text = malloc(len + 1)) == NULL)
		return -1;
	memcpy(t->text, record_bytes(r, f), len);
	t->text[len] = '\0';
	t->len = len;
	t->seq = r->seq;
	t->order = run->n++;
	st->used += size;
	return 0;
}

int
steering_add(struct steering *st, const struct record *r)
{
	const struct field *f = order_obeyed(r);
	struct run *run;
	int known;

	if (f == NULL)
		return 0;
	st->runs.size = sizeof(*run);
	if ((run = runs_get(&st->runs, r->run, &known)) == NULL)
		return -1;
	if (!known)
		memcpy(run->source, r->source, sizeof(run->source));
	/* A recap has the last one again. */
	if (run->n > 0 && run->list[run->n - 1].seq == r->seq)
		return 0;
	return keep(st, run, r, f);
}

size_t
steering_runs(const struct steering *st)
{
	return st->runs.count;
}

/*
 * Lines
 */

/* Whether it is shown as it is; tabs do no harm. */
static int
is_safe(const char *line, size_t len)
{
	struct buffer safe = { 0 };
	int same;

	escape_text(&safe, line, len, len);
	same = !safe.failed && safe.len == len;
	for (size_t i = 0; same && i < len; i++)
		same = safe.p[i] == line[i] || line[i] == '\t';
	buffer_free(&safe);
	return same;
}

/* The order behind "at N "; NULL: it is none. */
static const char *
order_of(const char *line)
{
	char told[ORDER_MAX];

	if (strncmp(line, "at ", 3) != 0 || order_check(line, told) != NULL)
		return NULL;
	line += 3 + strcspn(line + 3, " ");
	return line + strspn(line, " ");
}

static void
put_line(struct buffer *b, const char *line, size_t len, size_t *refused)
{
	const char *order = strlen(line) == len && is_safe(line, len) ?
	    order_of(line) : NULL;

	if (order == NULL) {
		buffer_puts(b, "# left out: ");
		escape_text(b, line, len, 200);
		++*refused;
	} else if (strncmp(order, "set ", 4) == 0 ||
	    strcmp(order, "stop") == 0)
		buffer_puts(b, line);
	else
		buffer_printf(b, "# %s", line);
	buffer_puts(b, "\n");
}

static void
put_lines(struct buffer *b, struct told *t, size_t *refused)
{
	char *line = t->text, *end = t->text + t->len, *eol;

	for (; line < end; line = eol + 1) {
		eol = memchr(line, '\n', (size_t)(end - line));
		eol = eol == NULL ? end : eol;
		*eol = '\0';
		if (eol > line)
			put_line(b, line, (size_t)(eol - line), refused);
		if (eol < end)
			*eol = '\n';
	}
}

static int
by_seq(const void *pa, const void *pb)
{
	const struct told *a = pa, *b = pb;

	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

void
steering_run(struct steering *st, size_t i, struct buffer *b, size_t *refused)
{
	struct run *run = st->runs.list[i];

	if (run->n > 0)
		qsort(run->list, run->n, sizeof(*run->list), by_seq);
	buffer_puts(b, "# ");
	escape_text(b, run->source, strlen(run->source), APREC_SOURCE_MAX);
	buffer_printf(b, ", run %016" PRIx64 "\n", run->run);
	for (size_t j = 0; j < run->n; j++)
		if (j == 0 || run->list[j].seq != run->list[j - 1].seq)
			put_lines(b, &run->list[j], refused);
}
