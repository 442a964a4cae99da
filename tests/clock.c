/*
 * Goal: what gnuplot answers decides about the tics of an axis of time: those
 * of what is shown, while it is zoomed in the same units as before; and a panel
 * of times leaves nothing to the next one.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/gnuplot.h"
#include "format/pool.h"
#include "format/reader.h"

static int test, failures;
static struct pool pool;
static struct gnuplot *g;
static struct state *state;
static struct history *history;
static uint64_t seq;

static void
ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++test, what);
	failures += !good;
}

/* Publish e at the time t. */
static void
publish(double t)
{
	struct aprec_attribute unit = { "units", "s" };
	double e = 1 + (double)(seq % 7);
	struct aprec_field fields[] = {
		{ .name = "t", .type = APREC_F64, .data = &t, .attrs = &unit,
		    .nattrs = 1 },
		{ .name = "e", .type = APREC_F64, .data = &e }
	};
	struct aprec_header h = { .seq = ++seq, .wall = 1, .run = 7,
		.source = "s" };
	size_t size = aprec_encoded_size(&h, fields, 2), taken;
	struct reader *r = reader_new(&pool, APREC_RECORD_MAX);
	struct reader_loss loss;
	struct record *rec;
	void *buf = malloc(size);

	if (buf == NULL || aprec_encode(&h, fields, 2, buf, size) == -1 ||
	    reader_feed(r, buf, size, &taken) == -1 ||
	    reader_next(r, &rec, &loss) != READER_RECORD)
		errx(1, "publish");
	state_merge(state, rec, 0, NULL, NULL);
	history_add(history, rec);
	record_drop(rec);
	reader_free(r);
	free(buf);
}

/* The commands of the next frame. */
static const char *
frame(void)
{
	struct frame f;

	if (gnuplot_frame(g, state, history, "data", NULL, NULL, &f) == -1)
		err(1, "gnuplot_frame");
	return f.text;
}

/* gnuplot shows so much of the first panel's x axis. */
static int
answer(double lo, double hi)
{
	char text[200];

	snprintf(text, sizeof(text), " p 1 100 1246 57 918 %.17g %.17g 1 7",
	    lo, hi);
	return gnuplot_answer(g, text);
}

static void
begin(const char *const *plots, unsigned n, const char *commands)
{
	struct gnuplot_options o = { .terminal = "png", .plots = plots,
		.nplots = n, .commands = commands };
	const char *why;

	gnuplot_free(g);
	history_free(history);
	state_free(state);
	state = state_new(NULL, NULL, NULL);
	history = history_new(NULL, SIZE_MAX);
	g = gnuplot_new(&o, &why);
	if (g == NULL || state == NULL || history == NULL)
		errx(1, "begin");
	gnuplot_begin(g);
	seq = 0;
}

static void
test_zoom(void)
{
	const char *s;
	int i;

	begin(NULL, 0, NULL);
	for (i = 0; i <= 100; i++)
		publish(i * 80.);
	s = frame();
	ok(strstr(s, "set format x '%tH:%tM' timedate") != NULL,
	    "two hours as h:min");
	ok(answer(0, 8000) == 0, "they are shown");
	ok(gnuplot_ask(g) != NULL, "what is shown is asked for, then");
	ok(answer(1000, 1600) == 1, "a zoom asks for another frame");
	s = frame();
	ok(strstr(s, "set format x '%tM:%tS' timedate") != NULL &&
	    strstr(s, "set xlabel 't (min:s)'") != NULL,
	    "ten minutes of them as min:s");
	ok(answer(1000, 1600) == 0, "and that is that");
	for (i = 0; i <= 100; i++)
		publish(8000 + i * 8000.);
	s = frame();
	ok(strstr(s, "'%tM:%tS' timedate") != NULL, "as the run grows beyond "
	    "days, what is zoomed stays in its units");
	answer(0, 900000);	/* a round number above */
	s = frame();
	ok(strstr(s, "timedate") == NULL && strstr(s, "set xlabel 't (d)'") !=
	    NULL, "all of it is days");
	ok(strstr(s, "set format x '% h' numeric\nset xtics autofreq\n") !=
	    NULL, "with numbers at the tics again");
	ok(strstr(frame(), "numeric") == NULL, "which is said once");
}

static void
test_panels(void)
{
	static const char *const plots[] = { "step:e", "t:e", "step:e" };
	const char *s, *time, *numbers;
	int i;

	begin(plots, 3, NULL);
	for (i = 0; i <= 100; i++)
		publish(i * 80.);
	s = frame();
	time = strstr(s, "timedate");
	numbers = strstr(s, "set format x '% h' numeric");
	ok(time != NULL && numbers != NULL && time < numbers,
	    "after a panel of times comes one of numbers");
	ok(numbers != NULL && strstr(numbers + 28, "numeric") == NULL,
	    "and nothing is undone twice");
}

static void
test_settings(void)
{
	const char *s;
	int i;

	begin(NULL, 0, "set xtics rotate; set ylabel 'Y'");
	for (i = 0; i <= 100; i++)
		publish(i * 80.);
	s = frame();
	ok(strstr(s, "timedate") != NULL && strstr(s, "set xtics") == NULL,
	    "tics of the user are not touched");
	begin(NULL, 0, "set format '%g'");
	for (i = 0; i <= 100; i++)
		publish(i * 80.);
	ok(strstr(frame(), "timedate") == NULL, "nor is a format");
}

int
main(void)
{
	pool_init(&pool, SIZE_MAX);
	test_zoom();
	test_panels();
	test_settings();
	gnuplot_free(g);
	history_free(history);
	state_free(state);
	pool_trim(&pool);
	printf("1..%d\n", test);
	return failures > 0;
}
