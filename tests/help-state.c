/*
 * help-state - what a stream on stdin says, for tests to compare
 *
 *	help-state	the state it ends with: one line a field, in order
 *	help-state -l	one line a record: source seq length flags crc
 *	help-state -c	number of records
 *
 * What a recording repeats is left out.
 * Bytes passed over are told on stderr.  Status 1 where there were any.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/past.h"
#include "format/reader.h"
#include "format/state.h"

static char mode = 's';
static struct state *state;
static uint64_t count;
static int lost;

static void
record(struct record *r)
{
	static uint64_t repeated;	/* records that may be, from here on */
	struct recap_mark mark;
	enum state_event e = state_merge(state, r, 0, NULL, NULL);
	int mine = 1;

	if (past_is_recap(r, &mark))
		repeated = mark.count;
	if (repeated > 0) {
		repeated--;
		mine = e != STATE_DUPLICATE && !(r->flags & APREC_HISTORY);
	} else if (e != STATE_MERGED)
		warnx("%s seq %" PRIu64 ": not merged (%d)", r->source, r->seq,
		    (int)e);
	count += (uint64_t)mine;
	if (mine && mode == 'l')
		printf("%s %" PRIu64 " %" PRIu64 "%s%s %s\n", r->source,
		    r->seq, r->length, r->flags & APREC_FINAL ? " final" : "",
		    r->flags & APREC_HISTORY ? " history" : "",
		    !(r->flags & APREC_DATA_CRC) ? "none" :
		    record_data_ok(r) ? "ok" : "BAD");
	record_drop(r);
}

static void
take(struct reader *r, enum reader_event (*next)(struct reader *,
    struct record **, struct reader_loss *))
{
	struct reader_loss loss;
	struct record *rec;
	enum reader_event e;

	while ((e = next(r, &rec, &loss)) != READER_MORE) {
		if (e == READER_RECORD) {
			record(rec);
			continue;
		}
		if (e == READER_FAILED)
			err(1, "reader");
		warnx("byte %" PRIu64 ": %" PRIu64 " bytes: %s", loss.at,
		    loss.bytes, loss.why);
		lost = 1;
	}
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Of the values as they are, however they are encoded. */
static uint32_t
values_crc(const struct record *r, const struct field *f)
{
	void *p = malloc((size_t)f->length + 1);
	uint32_t crc;

	if (p == NULL)
		err(1, NULL);
	record_copy(r, f, 0, f->count, p);
	crc = aprec_crc32(0, p, (size_t)f->length);
	free(p);
	return crc;
}

static void
print_state(void)
{
	static char lines[STATE_NAMES_MAX][200];
	char shown[SOURCE_SHOWN_MAX];
	size_t n;

	for (struct source *s = state_sources(state); s != NULL; s = s->next) {
		n = 0;
		for (unsigned i = 0; i < s->nslots; i++) {
			const struct record *r;
			const struct field *f = source_slot(s, i, &r);

			if (f == NULL)
				continue;
			snprintf(lines[n++], sizeof(*lines),
			    "%s %s %u %" PRIu64 " %08" PRIx32,
			    source_shown(s, shown), f->name, f->type,
			    f->count, values_crc(r, f));
		}
		qsort(lines, n, sizeof(*lines), by_name);
		for (size_t i = 0; i < n; i++)
			puts(lines[i]);
		printf("%s step %" PRId64 "%s\n", source_shown(s, shown),
		    source_step(s), s->final ? " final" : "");
	}
}

int
main(int argc, char *argv[])
{
	struct pool pool;
	struct reader *r;
	size_t room;
	ssize_t n;
	void *p;

	if (argc > 1)
		mode = argv[1][1];
	pool_init(&pool, SIZE_MAX);
	if ((r = reader_new(&pool, APREC_RECORD_MAX)) == NULL ||
	    (state = state_new(NULL, NULL, NULL)) == NULL)
		err(1, NULL);
	while ((p = reader_space(r, &room)) != NULL &&
	    (n = read(STDIN_FILENO, p, room)) > 0) {
		reader_fill(r, (size_t)n);
		take(r, reader_next);
	}
	if (p == NULL || n == -1)
		err(1, "read");
	take(r, reader_end);
	if (mode == 's')
		print_state();
	else if (mode == 'c')
		printf("%" PRIu64 "\n", count);
	state_free(state);
	reader_free(r);
	pool_trim(&pool);
	return lost;
}
