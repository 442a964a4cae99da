/*
 * Goal: a curve keeps its line type while other sources come and go, whatever
 * the order they come in; what the title says of a run is what it said of
 * itself last; and the panels of a window come as one, until that fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/gnuplot.h"
#include "format/reader.h"
#include "format/status.h"

static int test, failures;
static struct pool pool;

static void
ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++test, what);
	failures += !good;
}

static void
is(const char *got, const char *wanted, const char *what)
{
	int good = strcmp(got, wanted) == 0;

	ok(good, what);
	if (!good)
		printf("# wanted: %s\n# got: %s\n", wanted, got);
}

/* Merge a record of one field, of a source whose run is that of its name. */
static void
publish(struct state *st, const char *source, uint64_t seq,
    struct aprec_field *f, unsigned flags)
{
	struct aprec_header h = { .flags = flags, .seq = seq, .run = 1,
	    .source = source };
	struct reader *rd = reader_new(&pool, 1 << 20);
	unsigned char buf[4096];
	struct record *r = NULL;
	size_t taken, n;
	const char *p;

	for (p = source; *p != '\0'; p++)
		h.run = h.run * 31 + (unsigned char)*p;
	n = aprec_encoded_size(&h, f, f == NULL ? 0 : 1);
	if (n == 0 || n > sizeof(buf) ||
	    aprec_encode(&h, f, f == NULL ? 0 : 1, buf, n) == -1 ||
	    reader_feed(rd, buf, n, &taken) == -1 ||
	    reader_next(rd, &r, NULL) != READER_RECORD)
		abort();
	reader_free(rd);
	if (state_merge(st, r, 0, NULL, NULL) != STATE_MERGED)
		abort();
	record_drop(r);
}

static void
publish_array(struct state *st, const char *source, uint64_t seq)
{
	static const double v[] = { 1, 3, 2 };
	struct aprec_field f = { .name = "a", .type = APREC_F64, .rank = 1,
	    .extents = { 3 }, .data = v };

	publish(st, source, seq, &f, 0);
}

/* What was applied, at the seq; state NULL: without that attribute. */
static void
control(struct state *st, const char *source, uint64_t seq,
    const char *state, const char *text)
{
	const struct aprec_attribute attr = { "state", state };
	struct aprec_field f = { .name = "control", .type = APREC_TEXT,
	    .data = text, .text_len = strlen(text), .attrs = &attr,
	    .nattrs = state != NULL };

	publish(st, source, seq, &f, 0);
}

/*
 * Colours
 */

/* The line type of the curve that the key calls name; 0: none. */
static int
line_type(const char *text, const char *name)
{
	const char *at, *lt = NULL;
	char title[80];

	snprintf(title, sizeof(title), "title '%s'", name);
	at = strstr(text, title);
	for (; at != NULL && at > text; at--) {
		if (strncmp(at, " lt ", 4) == 0) {
			lt = at + 4;
			break;
		}
	}
	return lt == NULL ? 0 : atoi(lt);
}

static void
test_colours(const char *const *names, unsigned n, const char *what)
{
	const char *plots[] = { "a" }, *why;
	struct gnuplot_options o = { .plots = plots, .nplots = 1,
	    .terminal = "png" };
	struct gnuplot *g = gnuplot_new(&o, &why);
	struct history *h = history_new(NULL, SIZE_MAX);
	struct state *st = NULL;
	int had[16] = { 0 }, now, same = 1, different = 1;
	unsigned k, i, j;
	struct frame f;

	/* One after the other they come, then those of the first half are not
	 * there for a while. */
	for (k = 2; k <= n + 2; k++) {
		state_free(st);
		st = state_new(NULL, NULL, NULL);
		for (i = k == n + 1 ? n / 2 : 0; i < (k < n ? k : n); i++)
			publish_array(st, names[i], 1);
		if (gnuplot_frame(g, st, h, NULL, NULL, NULL, &f) == -1)
			abort();
		for (i = 0; i < n; i++) {
			now = line_type(f.text, names[i]);
			if (now == 0)
				continue;
			same &= had[i] == 0 || had[i] == now;
			had[i] = now;
		}
	}
	for (i = 0; i < n; i++) {
		for (j = 0; j < i; j++)
			different &= had[i] != had[j];
		different &= had[i] != 0;
	}
	printf("# %s\n", what);
	ok(same, "a curve keeps its line type");
	ok(different, "and no two have the same");
	state_free(st);
	gnuplot_free(g);
	history_free(h);
}

/* A rank has the same colour whoever else is there. */
static void
test_rank(void)
{
	static const char *const others[] = { "r.0", "r.2", "r.4" };
	const char *plots[] = { "a" }, *why;
	struct gnuplot_options o = { .plots = plots, .nplots = 1,
	    .terminal = "png" };
	struct history *h = history_new(NULL, SIZE_MAX);
	struct gnuplot *g;
	struct state *st;
	struct frame f;
	int type[3];
	unsigned i;

	for (i = 0; i < 3; i++) {
		g = gnuplot_new(&o, &why);
		st = state_new(NULL, NULL, NULL);
		publish_array(st, "r.3", 1);
		publish_array(st, others[i], 1);
		if (gnuplot_frame(g, st, h, NULL, NULL, NULL, &f) == -1)
			abort();
		type[i] = line_type(f.text, "r.3");
		state_free(st);
		gnuplot_free(g);
	}
	ok(type[0] == 4 && type[1] == 4 && type[2] == 4,
	    "rank 3 has the fourth line type in every picture");
	history_free(h);
}

/*
 * The status
 */

static const char *
status(struct state *st, int over, int64_t age)
{
	static char buf[256];

	status_text(buf, sizeof(buf), st, over, age);
	return buf;
}

static void
test_status(void)
{
	struct state *st = state_new(NULL, NULL, NULL);
	struct status_control c, d;

	publish_array(st, "a", 1);
	is(status(st, 0, 0), "", "of a run that goes on nothing is said");
	is(status(st, 0, 250), "last news 4 min ago", "but when it is silent");
	is(status(st, 1, 0), "no final record", "or went without a word");
	control(st, "a", 2, "paused", "at 7 set c 2\nat 81200 pause");
	is(status(st, 0, 0), "paused at step 81200", "it pauses");
	is(status(st, 0, 250), "paused at step 81200, last news 4 min ago",
	    "for long");
	is(status(st, 1, 0), "no final record, paused at step 81200",
	    "and was lost");
	status_control(&c, st);
	control(st, "a", 3, "paused", "at 81200 set c 3");
	is(status(st, 0, 0), "paused at step 81200", "what is set meanwhile");
	status_control(&d, st);
	ok(c.mark != d.mark, "is another word of it");
	control(st, "a", 4, "running", "at 81200 resume");
	is(status(st, 0, 0), "", "it goes on");
	control(st, "a", 5, "stopping", "at 81300 stop");
	is(status(st, 0, 0), "stopping at step 81300", "it stops");
	publish(st, "a", 6, NULL, APREC_FINAL);
	is(status(st, 0, 0), "", "it has ended, and more may come");
	is(status(st, 1, 1000), "ended", "it has ended");
	state_free(st);
}

static void
test_several(void)
{
	struct state *st = state_new(NULL, NULL, NULL);

	publish_array(st, "r.1", 1);
	control(st, "r.0", 9, "paused", "at 5 pause");
	is(status(st, 0, 0), "paused at step 5",
	    "one that steers speaks for the ranks");
	control(st, "other", 3, "running", "at 3 resume");
	is(status(st, 0, 0), "1 of 2 paused", "but not for another run");
	control(st, "other", 4, "paused", "at 7 pause");
	is(status(st, 0, 0), "paused at steps 5 to 7", "both pause");
	publish(st, "other", 5, NULL, APREC_FINAL);
	is(status(st, 0, 0), "paused at step 5", "what has ended does not");
	state_free(st);
}

static void
test_odd(void)
{
	struct state *st = state_new(NULL, NULL, NULL);

	control(st, "a", 4, "paused", "");
	is(status(st, 0, 0), "paused at step 4", "an empty text has no step");
	control(st, "a", 5, "paused", "at 99999999999999999999 pause");
	ok(strncmp(status(st, 0, 0), "paused at step ", 15) == 0,
	    "one that is too large is no harm");
	control(st, "a", 6, "paused", "at 12");
	is(status(st, 0, 0), "paused at step 6", "nor one that is cut off");
	control(st, "a", 7, "paused", "at 1\nat");
	is(status(st, 0, 0), "paused at step 7", "or something else");
	control(st, "a", 8, "dreaming", "at 8 dream");
	is(status(st, 0, 0), "", "unknown states are nothing to be said");
	control(st, "a", 9, NULL, "at 9 pause");
	is(status(st, 0, 0), "", "nor are texts without a state");
	state_free(st);
}

/*
 * Panels
 */

static void
test_panels(void)
{
	const char *plots[] = { "a", "a" }, *why;
	struct gnuplot_options o = { .plots = plots, .nplots = 2,
	    .terminal = "x11" };
	struct gnuplot *g = gnuplot_new(&o, &why);
	struct state *st = state_new(NULL, NULL, NULL);
	struct frame f;

	publish_array(st, "a@host", 1);
	(void)gnuplot_begin(g);
	if (gnuplot_frame(g, st, NULL, "file", NULL, NULL, &f) == -1)
		abort();
	ok(strstr(f.text, "\nreplot\n") != NULL, "panels come as one");
	ok(gnuplot_answer(g, "") == 1, "what stopped is drawn again");
	if (gnuplot_frame(g, st, NULL, "file", NULL, NULL, &f) == -1)
		abort();
	ok(strstr(f.text, "replot") == NULL, "as panels of their own");
	(void)gnuplot_begin(g);
	if (gnuplot_frame(g, st, NULL, "file", NULL, NULL, &f) == -1)
		abort();
	ok(strstr(f.text, "\nreplot\n") != NULL, "but by another gnuplot");
	gnuplot_free(g);
	state_free(st);
}

int
main(void)
{
	static const char *const rising[] = { "e0", "e1", "e2", "e3", "e4",
	    "e5", "e6", "e7" };
	static const char *const falling[] = { "e19", "e18", "e17", "e16",
	    "e3", "e2", "e1", "e0" };
	static const char *const named[] = { "wave", "heat", "atlas", "zoo",
	    "base", "core" };

	pool_init(&pool, SIZE_MAX);
	test_colours(rising, 8, "ranks in order");
	test_colours(falling, 8, "ranks from the last, of which some agree");
	test_colours(named, 6, "sources without a number");
	test_rank();
	test_status();
	test_several();
	test_odd();
	test_panels();
	pool_trim(&pool);
	printf("1..%d\n", test);
	return failures > 0;
}
