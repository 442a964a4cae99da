/*
 * ranks.c - sources whose names differ in a number
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ranks.h"

#define NAMED	3	/* sources, where they are no ranks */

int
ranks_read(const char *name, struct rank *r)
{
	size_t len = strcspn(name, "@"), at = len;

	while (at > 0 && name[at - 1] >= '0' && name[at - 1] <= '9')
		at--;
	if (at == len || len - at > 18)
		return 0;
	r->before = at;
	r->number = strtoull(name + at, NULL, 10);
	r->behind = name + len;
	return 1;
}

int
ranks_alike(const char *a, const char *b)
{
	struct rank x, y;

	return ranks_read(a, &x) && ranks_read(b, &y) &&
	    x.before == y.before && strncmp(a, b, x.before) == 0;
}

/* "heat.0 to 7@host"; 0 where the sources are something else. */
static int
name_ranks(struct buffer *b, struct state *st)
{
	struct source *first = state_sources(st), *s;
	struct rank r, last;
	uint64_t lo, hi;
	int same = 1, gaps = 0;

	if (first == NULL || !ranks_read(first->name, &last))
		return 0;
	lo = hi = last.number;
	for (s = first->next; s != NULL; s = s->next, last = r) {
		if (!ranks_alike(first->name, s->name) ||
		    !ranks_read(s->name, &r))
			return 0;
		same &= strcmp(r.behind, last.behind) == 0;
		gaps |= r.number != last.number + 1;
		lo = r.number < lo ? r.number : lo;
		hi = r.number > hi ? r.number : hi;
	}
	buffer_printf(b, "%.*s%" PRIu64 " to %" PRIu64 "%s", (int)last.before,
	    first->name, lo, hi, same ? last.behind : "");
	if (gaps)
		buffer_printf(b, " (%u sources)", state_count(st));
	return 1;
}

void
ranks_name(struct buffer *b, struct state *st)
{
	char shown[SOURCE_SHOWN_MAX];
	unsigned n = 0, count = state_count(st);
	struct source *s;

	if (count > 2 && name_ranks(b, st))
		return;
	for (s = state_sources(st); s != NULL && n < NAMED; s = s->next, n++)
		buffer_printf(b, "%s%s", n == 0 ? "" : ", ",
		    source_shown(s, shown));
	if (count > NAMED)
		buffer_printf(b, " and %u more", count - NAMED);
}
