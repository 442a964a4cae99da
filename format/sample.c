/*
 * sample.c - see sample.h
 *
 * What is always true: the held record of a kind is newer than every record
 * of its run that has gone through.
 */
#include <stdlib.h>
#include <string.h>

#include "order.h"
#include "sample.h"

struct kind {
	uint32_t	 length;	/* of the table; 0 fields are a kind */
	uint8_t		*table;		/* its bytes */
	int		 all;		/* go through */
	uint64_t	 count;		/* records of the kind */
	uint64_t	 used;		/* when the last came */
	struct record	*held;
};

struct run {
	struct run	*next;
	uint64_t	 id;
	unsigned	 nkinds;
	struct kind	 kinds[SAMPLE_KINDS];
};

struct sample {
	unsigned	 every;
	uint64_t	 clock;
	uint64_t	 left_out;
	struct run	*runs;
};

struct sample *
sample_new(unsigned every)
{
	struct sample *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->every = every > 0 ? every : 1;
	return s;
}

void
sample_free(struct sample *s)
{
	struct run *run;

	if (s == NULL)
		return;
	while ((run = s->runs) != NULL) {
		s->runs = run->next;
		for (unsigned i = 0; i < run->nkinds; i++) {
			record_drop(run->kinds[i].held);
			free(run->kinds[i].table);
		}
		free(run);
	}
	free(s);
}

static struct run *
find_run(struct sample *s, uint64_t id)
{
	struct run **p, *run;

	for (p = &s->runs; *p != NULL && (*p)->id != id; p = &(*p)->next)
		continue;
	if ((run = *p) == NULL) {
		if ((run = calloc(1, sizeof(*run))) == NULL)
			return NULL;
		run->id = id;
	} else
		*p = run->next;
	run->next = s->runs;		/* likely the next one, too */
	s->runs = run;
	return run;
}

/* The kind of the record; made in place of the one longest unused, whose held
 * record goes to *out, when there are too many.  NULL: out of memory. */
static struct kind *
find_kind(struct run *run, const struct record *rec, struct record **out)
{
	const struct table *t = rec->table;
	struct kind *k, *oldest = run->kinds;
	uint8_t *copy;

	for (k = run->kinds; k < run->kinds + run->nkinds; k++) {
		if (k->length == t->length &&
		    memcmp(k->table, t->bytes, t->length) == 0)
			return k;
		if (k->used < oldest->used)
			oldest = k;
	}
	if ((copy = malloc(t->length + 1)) == NULL)
		return NULL;
	if (run->nkinds < SAMPLE_KINDS) {
		run->nkinds++;
	} else {
		k = oldest;
		*out = k->held;
		free(k->table);
	}
	memset(k, 0, sizeof(*k));
	memcpy(copy, t->bytes, t->length);
	k->table = copy;
	k->length = t->length;
	k->all = order_only(t);
	return k;
}

/* All that the run holds, by seq, behind the n that are in out. */
static size_t
take_held(struct run *run, struct record **out, size_t n)
{
	for (unsigned i = 0; i < run->nkinds; i++) {
		struct record *rec = run->kinds[i].held;
		size_t j;

		if (rec == NULL)
			continue;
		run->kinds[i].held = NULL;
		for (j = n++; j > 0 && out[j - 1]->seq > rec->seq; j--)
			out[j] = out[j - 1];
		out[j] = rec;
	}
	return n;
}

size_t
sample_push(struct sample *s, struct record *rec,
    struct record *out[SAMPLE_KINDS + 1])
{
	struct run *run = find_run(s, rec->run);
	struct record *displaced = NULL;
	struct kind *k = run == NULL ? NULL : find_kind(run, rec, &displaced);
	size_t n = 0;

	if (displaced != NULL)
		out[n++] = displaced;
	if (k != NULL) {
		k->used = ++s->clock;
		if (k->held != NULL) {
			record_drop(k->held);
			k->held = NULL;
			s->left_out++;
		}
		if (k->count++ % s->every != 0 &&
		    !(rec->flags & (APREC_FINAL | APREC_HISTORY)) &&
		    !k->all && displaced == NULL) {
			k->held = rec;
			return 0;
		}
	}
	if (run != NULL)
		n = take_held(run, out, n);
	out[n++] = rec;
	return n;
}

struct record *
sample_end(struct sample *s)
{
	for (struct run *run = s->runs; run != NULL; run = run->next) {
		struct record **first = NULL, *rec;

		for (unsigned i = 0; i < run->nkinds; i++)
			if (run->kinds[i].held != NULL && (first == NULL ||
			    run->kinds[i].held->seq < (*first)->seq))
				first = &run->kinds[i].held;
		if (first == NULL)
			continue;
		rec = *first;
		*first = NULL;
		return rec;
	}
	return NULL;
}

uint64_t
sample_left_out(const struct sample *s)
{
	return s->left_out;
}
