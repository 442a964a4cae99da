/*
 * help-gnuplot - what format/gnuplot.h makes of a stream of records, without
 * aplot: for tests of the picture alone
 *
 *	help-gnuplot [-n] [-a panel] [-c colours] [-e commands] [-f script]
 *	    [-k every] [-q line] [-s status] [-T terminal] [-o file] [plot ...]
 *	    <stream
 *
 * With -n: self-contained commands on stdout.  Otherwise each frame (the last
 * one; with -k also every every-th record's) is drawn by a real gnuplot, as
 * often as its answers ask for, into file; its messages go to stderr, and
 * how often each frame was drawn to stdout.  frame.gp and frame.dat stay.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/gnuplot.h"
#include "format/pool.h"
#include "format/reader.h"

struct run {
	struct gnuplot	*g;
	struct state	*state;
	struct history	*history;
	const char	*commands;
	const char	*status;
	const char	*quiet;
	const char	*out;
	int		 self_contained;
	unsigned	 every;
	unsigned	 records;
	FILE		*gnuplot;
	struct pool	 pool;		/* outlives the state */
};

static char *
slurp(const char *name)
{
	size_t len = 0, n;
	char *p = NULL;
	FILE *f;

	f = fopen(name, "r");
	if (f == NULL)
		err(1, "%s", name);
	do {
		p = realloc(p, len + 65536 + 1);
		if (p == NULL)
			err(1, NULL);
		n = fread(p + len, 1, 65536, f);
		len += n;
	} while (n > 0);
	fclose(f);
	p[len] = '\0';
	return p;
}

static void
save(const char *name, const void *p, size_t n, const char *how)
{
	FILE *f = fopen(name, how);

	if (f == NULL || fwrite(p, 1, n, f) != n || fclose(f) != 0)
		err(1, "%s", name);
}

/* Start gnuplot as the picture wants it. */
static void
start(struct run *r)
{
	const char *out = r->out != NULL ? r->out : "/dev/null";

	r->gnuplot = popen("gnuplot -d", "w");
	if (r->gnuplot == NULL)
		err(1, "gnuplot");
	fputs(gnuplot_terminal(r->g, "title"), r->gnuplot);
	if (strcmp(out, "-") != 0)
		fprintf(r->gnuplot, "set output '%s'\n", out);
	fputs(gnuplot_begin(r->g), r->gnuplot);
	if (r->commands != NULL)
		fprintf(r->gnuplot, "%s\n", r->commands);
}

/* Have the saved frame drawn, and wait for its answer. */
static char *
drawn(struct run *r)
{
	unlink("answer");
	fprintf(r->gnuplot, "load 'frame.gp'\nunset multiplot\n"
	    "set print 'answer.new'\nprint APLOT_answer\nset print\n"
	    "system 'mv answer.new answer'\n");
	fflush(r->gnuplot);
	while (access("answer", R_OK) == -1)
		usleep(1000);
	return slurp("answer");
}

static void
frame(struct run *r)
{
	struct frame f;
	unsigned i, n = 0;
	char *answer;
	int k, again;

	if (r->gnuplot == NULL && !r->self_contained)
		start(r);
	do {
		if (gnuplot_frame(r->g, r->state, r->history,
		    r->self_contained ? NULL : "frame.dat", r->status,
		    r->quiet, &f) == -1)
			err(1, "gnuplot_frame");
		for (i = 0; i < f.ntold; i++)
			warnx("told: %s", f.told[i]);
		if (r->self_contained) {
			fputs(gnuplot_begin(r->g), stdout);
			fputs(f.text, stdout);
			return;
		}
		save("frame.gp", f.text, f.length, "w");
		save("frame.dat", "", 0, "w");
		for (k = 0; k < f.ndata; k++)
			save("frame.dat", f.data[k].iov_base,
			    f.data[k].iov_len, "a");
		if (r->out != NULL && strcmp(r->out, "-") != 0)
			fprintf(r->gnuplot, "set output '%s'\n", r->out);
		answer = drawn(r);
		again = gnuplot_answer(r->g, answer);
		free(answer);
		n++;
	} while (again);
	printf("drawn %u\n", n);
}

static void
take(struct run *r, struct record *rec)
{
	if (state_merge(r->state, rec, 0, NULL, NULL) == STATE_MERGED)
		history_add(r->history, rec);
	record_drop(rec);
	if (r->every > 0 && ++r->records % r->every == 0)
		frame(r);
}

static void
read_all(struct run *r)
{
	struct reader_loss loss;
	struct reader *reader;
	struct record *rec;
	enum reader_event e;
	ssize_t n;
	size_t room;
	void *p;

	reader = reader_new(&r->pool, APREC_RECORD_MAX);
	while ((p = reader_space(reader, &room)) != NULL &&
	    (n = read(STDIN_FILENO, p, room)) > 0) {
		reader_fill(reader, (size_t)n);
		while ((e = reader_next(reader, &rec, &loss)) != READER_MORE) {
			if (e == READER_RECORD)
				take(r, rec);
			else
				errx(1, "lost: %s", loss.why);
		}
	}
	frame(r);
	reader_free(reader);
}

int
main(int argc, char *argv[])
{
	struct gnuplot_options o = { .terminal = "png", .colours = 1 << 24 };
	struct run r = { 0 };
	const char *why;
	unsigned alone = 0;
	int c;

	while ((c = getopt(argc, argv, "a:c:e:f:k:no:q:s:T:")) != -1) {
		switch (c) {
		case 'a':
			alone = (unsigned)atoi(optarg);
			break;
		case 'c':
			o.colours = atoi(optarg);
			break;
		case 'e':
			r.commands = o.commands = optarg;
			break;
		case 'f':
			o.script_file = optarg;
			o.script = slurp(optarg);
			break;
		case 'k':
			r.every = (unsigned)atoi(optarg);
			break;
		case 'n':
			r.self_contained = 1;
			break;
		case 'o':
			r.out = optarg;
			break;
		case 'q':
			r.quiet = optarg;
			break;
		case 's':
			r.status = optarg;
			break;
		case 'T':
			o.terminal = optarg;
			break;
		default:
			errx(1, "usage");
		}
	}
	o.plots = (const char *const *)(argv + optind);
	o.nplots = (unsigned)(argc - optind);
	r.g = gnuplot_new(&o, &why);
	if (r.g == NULL)
		errx(1, "%s", why);
	gnuplot_alone(r.g, alone);
	pool_init(&r.pool, SIZE_MAX);
	r.state = state_new(NULL, NULL, NULL);
	r.history = history_new(NULL, SIZE_MAX);
	if (r.state == NULL || r.history == NULL)
		err(1, NULL);
	read_all(&r);
	if (r.gnuplot != NULL)
		pclose(r.gnuplot);
	gnuplot_free(r.g);
	history_free(r.history);
	state_free(r.state);
	pool_trim(&r.pool);
	free((char *)(uintptr_t)o.script);
	return 0;
}
