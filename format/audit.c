/*
 * audit.c - see audit.h
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "audit.h"
#include "escape.h"
#include "show.h"

#define TOLD	20	/* runs without a final record, told one by one */
#define SAMPLE	60	/* characters of a text */

struct audit_run {
	uint64_t	 run;
	uint64_t	 seq;		/* of its last record */
	int64_t		 wall;
	int		 final;
	char		 source[APREC_SOURCE_MAX + 1];
};

void
audit_init(struct audit *a)
{
	*a = (struct audit){ .runs.size = sizeof(struct audit_run) };
}

void
audit_free(struct audit *a)
{
	runs_free(&a->runs);
}

static void
note_span(struct audit *a, const struct record *r)
{
	const struct field *f = record_find(r, "step");
	int64_t step;

	if (a->records == 0 || r->wall < a->wall_first)
		a->wall_first = r->wall;
	if (a->records == 0 || r->wall > a->wall_last)
		a->wall_last = r->wall;
	if (f == NULL || !record_integer(r, f, &step))
		return;
	if (!a->has_step || step < a->step_first)
		a->step_first = step;
	if (!a->has_step || step > a->step_last)
		a->step_last = step;
	a->has_step = 1;
}

static void
note_again(struct audit *a, const struct record *r, uint64_t last,
    uint64_t at)
{
	if (a->again++ > 0)
		return;
	a->first.at = at;
	a->first.seq = r->seq;
	a->first.last = last;
	strcpy(a->first.source, r->source);
}

int
audit_record(struct audit *a, const struct record *r, uint64_t at, int sealed)
{
	struct audit_run *run;
	int known;

	a->unsealed += !sealed && !(r->flags & APREC_DATA_CRC);
	if (r->flags & APREC_HISTORY) {
		a->recaps += !a->in_recap;
		a->repeats++;
		a->in_recap = 1;
		return 0;
	}
	if ((run = runs_get(&a->runs, r->run, &known)) == NULL) {
		if (errno != ENOBUFS)
			return -1;
		a->crowded = 1;
		note_span(a, r);
		a->records++;
		return 0;
	}
	if (known && r->seq <= run->seq) {
		if (a->in_recap)
			a->repeats++;
		else
			note_again(a, r, run->seq, at);
		return 0;
	}
	a->in_recap = 0;
	note_span(a, r);
	a->records++;
	run->seq = r->seq;
	run->wall = r->wall;
	run->final |= (r->flags & APREC_FINAL) != 0;
	if (!known)
		strcpy(run->source, r->source);
	return 0;
}

void
audit_loss(struct audit *a, struct buffer *b, const char *name,
    enum reader_event event, const struct reader_loss *loss)
{
	buffer_printf(b, "%s: byte %" PRIu64 ": %" PRIu64 " bytes: ", name,
	    loss->at, loss->bytes);
	if (event == READER_TEXT) {
		buffer_puts(b, "text before the first record: ");
		escape_text(b, loss->text, loss->bytes, SAMPLE);
		buffer_puts(b, "\n");
		return;
	}
	buffer_printf(b, "%s\n", loss->why);
	if (event == READER_UNSUPPORTED) {
		a->unknown++;
		a->unknown_bytes += loss->bytes;
		return;
	}
	a->places++;
	a->damaged += loss->bytes;
}

int
audit_is_whole(const struct audit *a)
{
	return a->places == 0 && a->unknown == 0 &&
	    a->records + a->repeats > 0;
}

/*
 * The end
 */

static void
tell_endless(const struct audit *a, struct buffer *b, const char *name)
{
	const struct audit_run *run;
	size_t told = 0;

	for (size_t i = 0; i < a->runs.count; i++) {
		run = a->runs.list[i];
		if (run->final || told++ >= TOLD)
			continue;
		buffer_printf(b, "%s: no final record of ", name);
		show_source(b, run->source);
		buffer_printf(b, ", run %016" PRIx64 ": the last is seq %"
		    PRIu64 ", ", run->run, run->seq);
		show_time(b, run->wall, 3);
		buffer_puts(b, "\n");
	}
	if (told > TOLD)
		buffer_printf(b, "%s: and of %zu more\n", name, told - TOLD);
}

static void
tell_again(const struct audit *a, struct buffer *b, const char *name)
{
	if (a->again == 0)
		return;
	buffer_printf(b, "%s: %" PRIu64 " records stand there again or out "
	    "of order, the first at byte %" PRIu64 ": seq %" PRIu64
	    " behind seq %" PRIu64 " of ", name, a->again, a->first.at,
	    a->first.seq, a->first.last);
	show_source(b, a->first.source);
	buffer_puts(b, "\n");
}

static size_t
count_sources(const struct audit *a)
{
	const struct audit_run *run, *other;
	size_t n = 0, i, j;

	for (i = 0; i < a->runs.count; i++) {
		run = a->runs.list[i];
		for (j = 0; j < i; j++) {
			other = a->runs.list[j];
			if (strcmp(run->source, other->source) == 0)
				break;
		}
		n += j == i;
	}
	return n;
}

static const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void
tell_contents(const struct audit *a, struct buffer *b)
{
	size_t n = count_sources(a);

	buffer_printf(b, "%" PRIu64 " record%s of %zu source%s in %s%zu "
	    "run%s", a->records, plural(a->records), n, plural(n),
	    a->crowded ? "more than " : "", a->runs.count,
	    plural(a->runs.count));
	if (a->has_step)
		buffer_printf(b, ", steps %" PRId64 " to %" PRId64,
		    a->step_first, a->step_last);
	buffer_puts(b, ", ");
	show_time(b, a->wall_first, 3);
	buffer_puts(b, " to ");
	show_time(b, a->wall_last, 3);
	if (a->recaps > 0)
		buffer_printf(b, ", %" PRIu64 " recap%s", a->recaps,
		    plural(a->recaps));
	if (a->unsealed > 0)
		buffer_printf(b, ", %" PRIu64 " without data CRC",
		    a->unsealed);
}

void
audit_tell(const struct audit *a, struct buffer *b, const char *name,
    uint64_t bytes)
{
	tell_endless(a, b, name);
	tell_again(a, b, name);
	buffer_printf(b, "%s: ", name);
	if (a->records > 0)
		tell_contents(a, b);
	else
		buffer_puts(b, "no record");
	buffer_printf(b, ", %" PRIu64 " byte%s: ", bytes, plural(bytes));
	if (audit_is_whole(a))
		buffer_puts(b, "whole\n");
	else if (a->places > 0)
		buffer_printf(b, "damaged: %" PRIu64 " byte%s at %" PRIu64
		    " place%s\n", a->damaged, plural(a->damaged), a->places,
		    plural(a->places));
	else if (a->unknown > 0)
		buffer_printf(b, "%" PRIu64 " record%s of a kind not known "
		    "here\n", a->unknown, plural(a->unknown));
	else
		buffer_puts(b, "empty\n");
}
