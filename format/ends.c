/*
 * ends.c - see ends.h
 *
 * What is always true: open counts those of the list that are not final.
 */
#include <stdlib.h>
#include <string.h>

#include "ends.h"

struct end {
	char		 source[APREC_SOURCE_MAX + 1];
	int		 final;
};

static struct end *
find_end(struct ends *e, const char *source)
{
	struct end *list;

	for (unsigned i = 0; i < e->n; i++)
		if (strcmp(e->list[i].source, source) == 0)
			return &e->list[i];
	if (e->n == ENDS_MAX ||
	    (list = realloc(e->list, (e->n + 1) * sizeof(*list))) == NULL)
		return NULL;
	e->list = list;
	memcpy(list[e->n].source, source, sizeof(list->source));
	list[e->n].final = 0;
	e->open++;
	return &list[e->n++];
}

void
ends_note(struct ends *e, const struct record *r)
{
	struct end *end;
	int final = (r->flags & APREC_FINAL) != 0;

	if ((r->flags & APREC_HISTORY) || (r->run == e->run && !final))
		return;
	e->run = final ? 0 : r->run;
	if ((end = find_end(e, r->source)) == NULL || end->final == final)
		return;
	end->final = final;
	e->open += final ? -1U : 1U;
}

int
ends_all(const struct ends *e)
{
	return e->n > 0 && e->open == 0;
}

void
ends_free(struct ends *e)
{
	free(e->list);
	memset(e, 0, sizeof(*e));
}
