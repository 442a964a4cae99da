/*
 * help-exact - random data, drawn by the real gnuplot once thinned and once
 * whole
 *
 *	help-exact [-k] [-m most] [-n first] [-T terminal] [-s seed] [number]
 *
 * For each of number (100) data sets, of random size, shape, style, axes,
 * picture and zoom: format/gnuplot.h makes its frame, which is drawn as often
 * as the answers ask for, and then once more with every point in the place of
 * those that were kept.  The two pictures must be the same to the last pixel:
 * as files, since one encoder wrote both.  Data sets follow each other in one
 * gnuplot, so that ranges, margins and tic labels change under the data.
 *
 * Standard output has a line a data set: "same" or "differs", its number, what
 * it is, points, points kept.  With -k the pictures that differ stay, as
 * NUMBER-thin.png and NUMBER-whole.png; with a terminal other than png they
 * may differ by softened edges, and all are kept.
 */
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/aprec.h"
#include "format/gnuplot.h"
#include "format/pool.h"
#include "format/record.h"

#define MOST	1000000	/* points */

static double x[MOST], y[MOST], e[MOST];
static uint64_t state_of_chance;
static unsigned first;
static double most_points = 800000;

/* A data set, and how it is to be shown. */
struct set {
	size_t	 n;
	int	 xkind, ykind, style, log_x, log_y, zoom;
	double	 zx[2], zy[2];
	char	 what[160];
};

enum { IMPLICIT, EVEN, UNEVEN, FALLING, WANDERING, LOGARITHMIC, XKINDS };
static const char *const xname[] = { "implicit", "even", "uneven", "falling",
	"wandering", "logarithmic" };
enum { NOISE, WAVE, SPIKES, WALK, HOLES, DECADES, WHOLE, FLAT, YKINDS };
static const char *const yname[] = { "noise", "wave", "spikes", "walk",
	"holes", "decades", "whole", "flat" };
static const char *const styles[] = { "lines", "points", "dots", "steps",
	"fsteps", "histeps", "impulses", "filled", "errors" };
#define STYLES	9

/* splitmix64 (Steele, Lea and Flood, 2014). */
static uint64_t
chance(void)
{
	uint64_t z = state_of_chance += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static double
uniform(double lo, double hi)
{
	return lo + (hi - lo) * (double)(chance() >> 11) / 9007199254740992.;
}

static int
one_of(int n)
{
	return (int)(chance() % (uint64_t)n);
}

static void
make_x(const struct set *s)
{
	double at = uniform(-1000, 1000), step = pow(10, uniform(-6, 3));
	size_t i;

	for (i = 0; i < s->n; i++) {
		switch (s->xkind) {
		case IMPLICIT:
			x[i] = (double)i;
			break;
		case EVEN:
			x[i] = at + step * (double)i;
			break;
		case UNEVEN:
			x[i] = at += step * uniform(0, 2) * uniform(0, 2);
			break;
		case FALLING:
			x[i] = at -= step * uniform(0, 2);
			break;
		case WANDERING:
			x[i] = at += step * uniform(-1, 1.1);
			break;
		default:
			x[i] = pow(10, -3 + 7 * (double)i / (double)s->n);
		}
	}
}

static void
make_y(const struct set *s)
{
	double size = pow(10, uniform(-9, 9)), at = 0;
	double off = one_of(3) == 0 ? size * uniform(-1e4, 1e4) : 0;
	double turns = uniform(0.5, 500);
	size_t i;

	for (i = 0; i < s->n; i++) {
		double t = (double)i / (double)s->n;

		switch (s->ykind) {
		case NOISE:
			y[i] = uniform(-1, 1) + sin(7 * t);
			break;
		case WAVE:
			y[i] = sin(turns * 6.283185307 * t) * exp(-t);
			break;
		case SPIKES:
			y[i] = chance() % 1000 == 0 ? uniform(-50, 90) : t;
			break;
		case WALK:
			y[i] = at += uniform(-1, 1);
			break;
		case HOLES:
			y[i] = chance() % 64 == 0 ? (one_of(2) ? (double)NAN :
			    (double)INFINITY) : uniform(0, 1) + t;
			break;
		case DECADES:
			y[i] = pow(10, -6 * t + uniform(-0.3, 0.3));
			break;
		case WHOLE:
			y[i] = one_of(7);
			break;
		default:
			y[i] = 3;
		}
		if (s->ykind != DECADES && s->ykind != WHOLE)
			y[i] = y[i] * size + off;
		e[i] = fabs(size) * uniform(0, 0.2);
	}
}

/* A record with the arrays, merged. */
static void
publish(struct pool *pool, struct state *st, const struct set *s, uint64_t seq)
{
	struct aprec_field f[3] = {
		{ .name = "u", .type = APREC_F64, .rank = 1, .data = y },
		{ .name = "x", .type = APREC_F64, .rank = 1, .data = x },
		{ .name = "du", .type = APREC_F64, .rank = 1, .data = e },
	};
	struct aprec_attribute error = { "error", "du" };
	struct aprec_header head = { .seq = seq, .run = 1, .source = "a@b" };
	enum record_status status;
	struct record *rec;
	struct table *t;
	struct block *b;
	struct header h;
	unsigned i;
	size_t size;

	for (i = 0; i < 3; i++)
		f[i].extents[0] = s->n;
	if (s->style == 8) {
		f[0].attrs = &error;
		f[0].nattrs = 1;
	}
	if (s->xkind == IMPLICIT) {
		f[1].type = APREC_NONE;
		f[1].rank = 0;
		f[1].data = NULL;
	}
	size = aprec_encoded_size(&head, f, 3);
	b = block_new(pool, size);
	if (b == NULL || aprec_encode(&head, f, 3, b->bytes, size) == -1 ||
	    record_header(b->bytes, &h, NULL) != RECORD_OK ||
	    (t = table_parse(pool, b->bytes, &h, &status, NULL)) == NULL ||
	    (rec = record_new(b, 0, &h, t)) == NULL)
		errx(1, "record");
	table_drop(t);
	block_drop(b);
	state_merge(st, rec, 0, NULL, NULL);
	record_drop(rec);
}

static void
save(const char *name, const void *p, size_t n, const char *how)
{
	FILE *f = fopen(name, how);

	if (f == NULL || fwrite(p, 1, n, f) != n || fclose(f) != 0)
		err(1, "%s", name);
}

static char *
slurp(const char *name, size_t *len)
{
	FILE *f = fopen(name, "r");
	char *p = NULL;
	size_t n;

	*len = 0;
	if (f == NULL)
		err(1, "%s", name);
	do {
		p = realloc(p, *len + 65536 + 1);
		if (p == NULL)
			err(1, NULL);
		n = fread(p + *len, 1, 65536, f);
		*len += n;
	} while (n > 0);
	fclose(f);
	p[*len] = '\0';
	return p;
}

/* Have gnuplot do it, and wait until it has. */
static char *
ask(FILE *gnuplot, const char *commands)
{
	size_t n;

	unlink("answer");
	fprintf(gnuplot, "%s\nset output\nset print 'answer.new'\n"
	    "print APLOT_answer\nset print\nsystem 'mv answer.new answer'\n",
	    commands);
	fflush(gnuplot);
	while (access("answer", R_OK) == -1)
		usleep(200);
	return slurp("answer", &n);
}

/* Every point in the place of those kept: the i-th data source of the plot,
 * cols doubles a row. */
static const char *
put_whole(FILE *out, const char *text, const struct set *s, int cols)
{
	const char *from = strstr(text, "'frame.dat' binary"), *end;
	const double none[4] = { NAN, NAN, NAN, NAN };
	double row[4];
	size_t i;
	FILE *f;

	if (from == NULL)
		errx(1, "no data source in the frame");
	end = strstr(from, " using");
	f = fopen(cols == 2 ? "whole.2" : "whole.4", "w");
	if (f == NULL)
		err(1, "whole");
	for (i = 0; i < s->n; i++) {
		row[0] = x[i];
		row[1] = isfinite(y[i]) ? y[i] : (double)NAN;
		row[2] = y[i] - e[i];
		row[3] = y[i] + e[i];
		fwrite(row, sizeof(*row), (size_t)cols, f);
		if (cols == 4)
			fwrite(none, sizeof(*row), 4, f);
	}
	fclose(f);
	fwrite(text, 1, (size_t)(from - text), out);
	fprintf(out, "'whole.%d' binary record=%zu format='%s'", cols,
	    cols == 2 ? s->n : 2 * s->n, cols == 2 ?
	    "%float64%float64" :
	    "%float64%float64%float64%float64");
	return end;
}

/* The points of the frame's first data source. */
static size_t
kept(const char *text)
{
	const char *at = strstr(text, "'frame.dat' binary");

	at = at == NULL ? NULL : strstr(at, "record=");
	return at == NULL ? 0 : strtoul(at + 7, NULL, 10);
}

/* Draw the set both ways; whether they are the same. */
static int
compare(FILE *gnuplot, struct gnuplot *g, struct state *st,
    const struct set *s, size_t *left)
{
	char *answer, *a, *b, commands[400] = "";
	struct frame f;
	size_t na, nb;
	const char *rest;
	FILE *out;
	int k, again, zoomed = 0;

	do {
		if (gnuplot_frame(g, st, NULL, "frame.dat", NULL, NULL,
		    &f) == -1)
			err(1, "gnuplot_frame");
		save("frame.gp", f.text, f.length, "w");
		save("frame.dat", "", 0, "w");
		for (k = 0; k < f.ndata; k++)
			save("frame.dat", f.data[k].iov_base,
			    f.data[k].iov_len, "a");
		/* As the mouse zooms: behind our back, when it is drawn. */
		if (s->zoom && zoomed++ == 1)
			snprintf(commands, sizeof(commands),
			    "set xrange [%.17g:%.17g]\n%s[%.17g:%.17g]\n",
			    s->zx[0], s->zx[1], s->zy[0] < s->zy[1] ?
			    "set yrange " : "#", s->zy[0], s->zy[1]);
		snprintf(commands + strlen(commands), 200,
		    "set output 'thin.png'\nload 'frame.gp'");
		answer = ask(gnuplot, commands);
		*commands = '\0';
		again = gnuplot_answer(g, answer);
		free(answer);
	} while (again || (s->zoom && zoomed < 4));
	*left = kept(f.text);
	out = fopen("whole.gp", "w");
	if (out == NULL)
		err(1, "whole.gp");
	rest = f.text;
	if (s->style != 1 && s->style != 2)
		rest = put_whole(out, rest, s, 2);
	if (s->style == 8)
		rest = put_whole(out, rest, s, 4);
	else if (s->style == 1 || s->style == 2)
		rest = put_whole(out, rest, s, 2);
	fputs(rest, out);
	fclose(out);
	free(ask(gnuplot, "set output 'whole.png'\nload 'whole.gp'"));
	a = slurp("thin.png", &na);
	b = slurp("whole.png", &nb);
	k = na == nb && na > 0 && memcmp(a, b, na) == 0;
	free(a);
	free(b);
	return k;
}

static void
choose(struct set *s)
{
	double at;

	memset(s, 0, sizeof(*s));
	s->n = (size_t)pow(10, uniform(1, log10(most_points)));
	s->xkind = one_of(XKINDS);
	s->ykind = one_of(YKINDS);
	s->log_x = s->xkind == LOGARITHMIC ? one_of(2) : 0;
	s->log_y = s->ykind == DECADES ? one_of(3) : 0;
	make_x(s);
	make_y(s);
	s->zoom = s->n > 100 && one_of(3) == 0;
	if (s->zoom) {
		/* gnuplot finds no range of y where there is hardly a point. */
		at = uniform(0, 0.8);
		s->zx[0] = x[(size_t)((double)s->n * at)] - 1e-7;
		s->zx[1] = x[(size_t)((double)s->n * uniform(at + 0.1, 1))] +
		    1e-7;
		s->zoom = s->zx[0] < s->zx[1] && (!s->log_x || s->zx[0] > 0);
	}
	/* A range of x alone with one value in it makes gnuplot warn. */
	s->zoom = s->zoom && s->ykind != FLAT;
	if (s->zoom && one_of(2) && s->log_y == 0) {
		s->zy[0] = y[(size_t)one_of((int)s->n)];
		s->zy[1] = y[(size_t)one_of((int)s->n)];
		if (!isfinite(s->zy[0]) || !isfinite(s->zy[1]) ||
		    s->zy[1] - s->zy[0] < 1e-6 * fabs(s->zy[1]))
			s->zy[0] = s->zy[1] = 0;
	}
}

static void
describe(struct set *s)
{
	snprintf(s->what, sizeof(s->what), "x %s, y %s%s%s%s",
	    xname[s->xkind], yname[s->ykind],
	    s->log_x ? ", log x" : "", s->log_y == 1 ? ", log y" :
	    s->log_y == 2 ? ", linear y" : "", s->zoom ? s->zy[0] < s->zy[1] ?
	    ", zoom x y" : ", zoom x" : "");
}

/* A run of sets with one picture: its own size, style and axes. */
static void
picture(struct pool *pool, const char *terminal, int keep, unsigned *number,
    unsigned most)
{
	char size[128], commands[256] = "", name[64];
	const char *plots[] = { "u" }, *why;
	struct gnuplot_options o = { .plots = plots, .nplots = 1,
		.commands = commands, .terminal = size };
	struct state *st = state_new(pool, NULL, NULL);
	struct gnuplot *g;
	static unsigned pictures;
	struct set s, next;
	size_t left;
	FILE *gnuplot;
	unsigned k;
	int same, zoomed;

	choose(&s);
	/* Every style has its turn; of more points, filled curves are not
	 * exact. */
	s.style = (int)(pictures++ % STYLES);
	zoomed = s.zoom;
	if (s.style == 7 && s.n > 20000) {
		s.n = 20000;	/* of which a zoom may show none */
		s.zoom = 0;
	}
	snprintf(size, sizeof(size), "%s size %d,%d", terminal,
	    200 + one_of(1500), 150 + one_of(900));
	snprintf(commands, sizeof(commands), "set style data %s\n%s\n%s\n%s",
	    s.style == 7 ? "filledcurves" : s.style == 8 ? "lines" :
	    styles[s.style], s.log_x ? "set logscale x" : "unset logscale x",
	    s.log_y == 1 ? "set logscale y" : "unset logscale y",
	    one_of(8) == 0 ? "set lmargin at screen 0.31" : "");
	g = gnuplot_new(&o, &why);
	gnuplot = popen("gnuplot -d", "w");
	if (g == NULL || gnuplot == NULL || st == NULL)
		errx(1, "%s", why);
	fputs(gnuplot_terminal(g, NULL), gnuplot);
	fputs(gnuplot_begin(g), gnuplot);
	fprintf(gnuplot, "%s\n", commands);
	for (k = 0; k < 4 && *number < most; k++) {
		if (k > 0) {
			next = s;
			choose(&next);
			next.style = s.style;
			next.log_x = s.log_x;
			next.log_y = s.log_y;
			if ((s.log_x && next.xkind != LOGARITHMIC) ||
			    (s.log_y == 1 && next.ykind != DECADES) ||
			    (s.style == 7 && next.n > 20000) || zoomed)
				break;
			s = next;
			zoomed = s.zoom;
		}
		if (*number + 5 < first) {
			++*number;
			continue;
		}
		describe(&s);
		publish(pool, st, &s, k + 1);
		same = compare(gnuplot, g, st, &s, &left);
		++*number;
		printf("%s %u %s %s: %s, %zu points, %zu kept\n", same ?
		    "same" : "differs", *number, styles[s.style], size, s.what,
		    s.n, left);
		fflush(stdout);
		if (keep && (!same || strcmp(terminal, "png truecolor") != 0)) {
			snprintf(name, sizeof(name), "%u-thin.png", *number);
			rename("thin.png", name);
			snprintf(name, sizeof(name), "%u-whole.png", *number);
			rename("whole.png", name);
		}
	}
	pclose(gnuplot);
	gnuplot_free(g);
	state_free(st);
}

int
main(int argc, char *argv[])
{
	const char *terminal = "png truecolor";
	struct pool pool = { 0 };
	unsigned number = 0, most;
	int c, keep = 0;

	while ((c = getopt(argc, argv, "kT:m:n:s:")) != -1) {
		if (c == 'k')
			keep = 1;
		else if (c == 'T')
			terminal = optarg;
		else if (c == 'm')
			most_points = fmin(atof(optarg), MOST);
		else if (c == 'n')
			first = (unsigned)atoi(optarg);
		else if (c == 's')
			state_of_chance = strtoull(optarg, NULL, 10);
		else
			return 1;
	}
	most = optind < argc ? (unsigned)atoi(argv[optind]) : 100;
	pool_init(&pool, SIZE_MAX / 2);
	while (number < most)
		picture(&pool, terminal, keep, &number, most);
	return 0;
}
