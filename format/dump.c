/*
 * dump.c - a state as what can be kept: its records, its values as text
 *
 * Records of a source come in the order in which it published them.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "dump.h"
#include "escape.h"

/* The first record of s behind seq that is live, or NULL. */
static const struct record *
next_record(const struct source *s, uint64_t seq)
{
	const struct record *rec, *next = NULL;
	unsigned i;

	for (i = 0; i < s->nslots; i++) {
		if (s->slots[i].holding == NULL)
			continue;
		rec = s->slots[i].holding->rec;
		if (rec->seq > seq && (next == NULL || rec->seq < next->seq))
			next = rec;
	}
	return next;
}

const struct record **
dump_records(struct state *st, size_t *n)
{
	const struct record **list, *rec;
	struct source *s;
	size_t most = 1;

	for (s = state_sources(st); s != NULL; s = s->next)
		most += s->nslots;
	list = calloc(most, sizeof(*list));
	*n = 0;
	for (s = state_sources(st); list != NULL && s != NULL; s = s->next)
		for (rec = next_record(s, 0); rec != NULL;
		    rec = next_record(s, rec->seq))
			list[(*n)++] = rec;
	return list;
}

static void
put_field(struct buffer *b, const struct record *rec, const struct field *f)
{
	if (field_is_number(f)) {
		buffer_printf(b, "%s = %.17g\n", f->name,
		    record_value(rec, f, 0));
	} else if (f->type == APREC_TEXT) {
		buffer_printf(b, "%s = ", f->name);
		escape_text(b, record_bytes(rec, f), (size_t)f->count, 4096);
		buffer_puts(b, "\n");
	}
}

void
dump_values(struct buffer *b, struct state *st)
{
	const struct record *rec;
	const struct field *f;
	char name[APREC_SOURCE_MAX + 16];
	struct source *s;
	unsigned i;
	double t;

	for (s = state_sources(st); s != NULL; s = s->next) {
		buffer_printf(b, "source = %s\nrun = %016" PRIx64 "\nseq = %"
		    PRIu64 "\nwall = %.9f\nstep = %" PRId64 "\n",
		    source_shown(s, name), s->run, s->seq,
		    (double)s->wall / 1e9, source_step(s));
		if (source_time(s, &t))
			buffer_printf(b, "time = %.17g\n", t);
		for (i = 0; i < s->nslots; i++) {
			f = source_slot(s, i, &rec);
			if (f != NULL)
				put_field(b, rec, f);
		}
		buffer_puts(b, "\n");
	}
}
