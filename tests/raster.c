/*
 * Goal: an image that is reduced shows, in every cell of its window, what it
 * says of the elements in it, along axes of every kind.
 *
 * Beside raster_make() stands a computation that asks of every cell and every
 * element whether the one is in the other.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/range.h"
#include "format/raster.h"
#include "format/reader.h"

#define MOST	90		/* elements along an axis */
#define CELLS	120
#define TRIALS	20

enum kind { INDEX, RISING, FALLING, STRETCHED, BACKWARDS, KINDS };

static const char *const kinds[] = { "by index", "rising", "falling",
	"stretched", "stretched and falling" };
static const char *const hows[] = { "mean", "greatest", "nearest" };
static const enum aprec_type types[] = { APREC_F64, APREC_F32, APREC_C128,
	APREC_I8, APREC_I16, APREC_I32, APREC_I64, APREC_U8, APREC_U16,
	APREC_U32, APREC_U64, APREC_BOOL, APREC_F64, APREC_F64 };

static int test, failures;
static struct pool pool;

static void
ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++test, what);
	failures += !good;
}

static double
chance(void)
{
	return (double)random() / ((double)RAND_MAX + 1);
}

static size_t
upto(size_t n)
{
	return 1 + (size_t)random() % n;
}

/* A plane of random values, and where its elements lie. */
struct plane {
	size_t		 n[2];		/* rows, columns */
	enum kind	 kind[2];
	double		 at[2][MOST];
	double		 edges[2][MOST + 1];	/* of element i: i, i + 1 */
	enum aprec_type	 type;
	double		 value[MOST * MOST];
	unsigned char	 data[MOST * MOST * 16];
	struct record	*rec;
};

static void
make_places(double *at, double *edges, size_t n, enum kind kind)
{
	double step = 0.01 + chance(), first = chance() * 10 - 5;
	double sign = kind == FALLING || kind == BACKWARDS ? -1 : 1;
	size_t i;

	for (i = 0; i < n; i++) {
		at[i] = kind == INDEX ? (double)i : i == 0 ? first :
		    at[i - 1] + sign * step * (kind == STRETCHED ||
		    kind == BACKWARDS ? (i % 2 ? 0.3 : 2) + chance() : 1);
	}
	for (i = 1; i < n; i++)
		edges[i] = (at[i - 1] + at[i]) / 2;
	edges[0] = n == 1 ? at[0] - 0.5 : at[0] - (edges[1] - at[0]);
	edges[n] = n == 1 ? at[0] + 0.5 : at[n - 1] + (at[n - 1] -
	    edges[n - 1]);
}

static double
make_value(void)
{
	switch (random() % 12) {
	case 0:
		return NAN;
	case 1:
		return random() % 2 ? INFINITY : -INFINITY;
	case 2:
		return random() % 2 ? 1e305 : -1e305;
	default:
		return chance() * 100 - 50;
	}
}

static void
put_whole(unsigned char *to, size_t at, int64_t whole, size_t size)
{
	for (; size > 0; size--, whole >>= 8)
		to[at++] = (unsigned char)(whole & 255);
}

/* Store value i, and keep it as it can be read back. */
static void
put_value(struct plane *p, size_t i, double v)
{
	double parts[2] = { 0, v };
	float single = fabs(v) > 1e38 ? NAN : (float)v;
	int64_t whole = fabs(v) <= 50 ? (int64_t)v : 7;

	switch (p->type) {
	case APREC_F32:
		memcpy(p->data + i * 4, &single, 4);
		p->value[i] = (double)single;
		break;
	case APREC_C128:
		memcpy(p->data + i * 16, parts, 16);
		p->value[i] = fabs(v);
		break;
	case APREC_F64:
		memcpy(p->data + i * 8, &v, 8);
		p->value[i] = v;
		break;
	default:
		if (p->type >= APREC_U8)
			whole = p->type == APREC_BOOL ? whole & 1 :
			    llabs(whole) * 4;
		put_whole(p->data, i * aprec_type_size(p->type), whole,
		    aprec_type_size(p->type));
		p->value[i] = (double)whole;
	}
}

static void
make_plane(struct plane *p)
{
	struct aprec_field f[3] = {
		{ .name = "u", .rank = 2, .data = p->data },
		{ .name = "y", .type = APREC_F64, .rank = 1, .data = p->at[0] },
		{ .name = "x", .type = APREC_F64, .rank = 1, .data = p->at[1] },
	};
	struct aprec_header h = { .seq = 1, .run = 1, .source = "s" };
	struct reader *rd = reader_new(&pool, 1 << 24);
	unsigned char *buf;
	size_t i, n, taken;

	p->type = types[(size_t)random() % (sizeof(types) /
	    sizeof(types[0]))];
	for (i = 0; i < 2; i++) {
		p->n[i] = upto(MOST);
		/* One place is no axis. */
		make_places(p->at[i], p->edges[i], p->n[i], p->n[i] == 1 ?
		    INDEX : p->kind[i]);
		f[0].extents[i] = f[1 + i].extents[0] = p->n[i];
	}
	for (i = 0; i < p->n[0] * p->n[1]; i++)
		put_value(p, i, make_value());
	f[0].type = p->type;
	n = aprec_encoded_size(&h, f, 3);
	if (n == 0 || (buf = malloc(n)) == NULL ||
	    aprec_encode(&h, f, 3, buf, n) == -1 ||
	    reader_feed(rd, buf, n, &taken) == -1 ||
	    reader_next(rd, &p->rec, NULL) != READER_RECORD)
		abort();
	free(buf);
	reader_free(rd);
}

static void
view(struct view *v, const struct plane *p, const char *name)
{
	const char *why;

	if (view_array(v, p->rec, record_find(p->rec, name), NULL, 0, &why) ==
	    -1)
		memset(v, 0, sizeof(*v));
}

/* The elements of dimension d in the cell from a to b: bits in in[]; and the
 * one at its middle, -1: none.  0 where rounding may decide. */
static int
find(const struct plane *p, int d, double a, double b, char *in, int *middle)
{
	double width = b - a, mid = (a + b) / 2, at, lo, hi, near = 1e-9 *
	    (fabs(p->edges[d][0]) + fabs(p->edges[d][p->n[d]]) + fabs(a));
	int sure = 1;
	size_t i;

	*middle = -1;
	for (i = 0; i < p->n[d]; i++) {
		lo = fmin(p->edges[d][i], p->edges[d][i + 1]);
		hi = fmax(p->edges[d][i], p->edges[d][i + 1]);
		at = (lo + hi) / 2;
		in[i] = at >= a && at < a + width;
		if (mid >= lo && mid < hi)
			*middle = (int)i;
		if (fabs(at - a) < near || fabs(at - b) < near ||
		    fabs(mid - lo) < near || fabs(mid - hi) < near)
			sure = 0;
	}
	return sure;
}

/* What the cell shows of them. */
static double
reduce(const struct plane *p, const char *rows, const char *cols,
    enum raster_how how)
{
	double sum = 0, most = -INFINITY, v;
	size_t i, j;
	int n = 0;

	for (i = 0; i < p->n[0]; i++) {
		for (j = 0; rows[i] && j < p->n[1]; j++) {
			v = p->value[i * p->n[1] + j];
			if (!cols[j] || !(fabs(v) <= RANGE_MOST))
				continue;
			sum += v;
			most = fmax(most, v);
			n++;
		}
	}
	return n == 0 ? NAN : how == RASTER_MEAN ? sum / n : most;
}

static void
choose(char *in, int *middle, enum raster_how how)
{
	if (how == RASTER_NEAREST || memchr(in, 1, MOST) == NULL) {
		memset(in, 0, MOST);
		if (*middle >= 0)
			in[*middle] = 1;
	}
}

/* Whether cells[] is right; *cells of them were surely compared. */
static int
right(const struct plane *p, const struct raster *r, const double *cells,
    unsigned long *compared)
{
	double want, got, w = (r->xhi - r->xlo) / r->cols;
	double h = (r->yhi - r->ylo) / r->rows;
	char cols[MOST], rows[MOST];
	unsigned i, j;
	int middle;

	for (i = 0; i < r->rows; i++) {
		memset(rows, 0, MOST);
		if (!find(p, 0, r->ylo + i * h, r->ylo + (i + 1) * h, rows,
		    &middle))
			continue;
		choose(rows, &middle, r->how);
		for (j = 0; j < r->cols; j++) {
			memset(cols, 0, MOST);
			if (!find(p, 1, r->xlo + j * w, r->xlo + (j + 1) * w,
			    cols, &middle))
				continue;
			choose(cols, &middle, r->how);
			want = reduce(p, rows, cols, r->how);
			got = cells[(size_t)i * r->cols + j];
			++*compared;
			if (isnan(want) != isnan(got) ||
			    fabs(want - got) > 1e-9 * (1 + fabs(want))) {
				printf("# cell %u,%u of %u x %u: %g, not %g\n",
				    j, i, r->cols, r->rows, got, want);
				return 0;
			}
		}
	}
	return 1;
}

/* The whole, or a part of it, or more. */
static void
window(double *lo, double *hi, const double *edges, size_t n)
{
	double a = fmin(edges[0], edges[n]), b = fmax(edges[0], edges[n]);
	double width = b - a, u = chance() * 1.4 - 0.2;

	*lo = a;
	*hi = b;
	if (random() % 3 == 0)
		return;
	*lo = a + width * u;
	*hi = *lo + width * (0.01 + chance() * chance());
}

static int
try(struct plane *p, enum raster_how how, unsigned long *compared)
{
	struct raster r = { .how = how };
	struct buffer out = { 0 };
	struct view v, xv, yv;
	struct axis x, y;
	int good;

	make_plane(p);
	view(&v, p, "u");
	view(&xv, p, "x");
	view(&yv, p, "y");
	/* A plane of one row is a line to a view. */
	v.rank = 2;
	v.extents[0] = p->n[0];
	v.extents[1] = v.strides[0] = p->n[1];
	v.strides[1] = 1;
	if (p->kind[1] == INDEX)
		xv.rec = NULL;
	if (p->kind[0] == INDEX)
		yv.rec = NULL;
	if (axis_init(&x, &v, 1, &xv) == -1 || axis_init(&y, &v, 0, &yv) == -1)
		abort();
	r.cols = (unsigned)upto(CELLS);
	r.rows = (unsigned)upto(CELLS);
	window(&r.xlo, &r.xhi, p->edges[1], p->n[1]);
	window(&r.ylo, &r.yhi, p->edges[0], p->n[0]);
	buffer_puts(&out, "8 bytes.");
	good = raster_make(&v, &x, &y, &r, &out) == 0 &&
	    out.len == 8 + (size_t)r.cols * r.rows * sizeof(double) &&
	    memcmp(out.p, "8 bytes.", 8) == 0 &&
	    right(p, &r, (double *)(void *)(out.p + 8), compared);
	axis_free(&x);
	axis_free(&y);
	buffer_free(&out);
	record_drop(p->rec);
	return good;
}

/* The extremes, beside those of a plain loop. */
static int
extremes(struct plane *p)
{
	double lo = INFINITY, hi = -INFINITY, l, h;
	int odd = 0, o;
	struct view v;
	size_t i;

	make_plane(p);
	view(&v, p, "u");
	for (i = 0; i < p->n[0] * p->n[1]; i++) {
		odd |= fabs(p->value[i]) > RANGE_MOST;
		if (!(fabs(p->value[i]) <= RANGE_MOST))
			continue;
		lo = fmin(lo, p->value[i]);
		hi = fmax(hi, p->value[i]);
	}
	raster_extremes(&v, &l, &h, &o);
	record_drop(p->rec);
	return l == lo && h == hi && o == odd;
}

int
main(void)
{
	static struct plane p;
	unsigned long compared = 0;
	int how, kind, i, good;
	char name[128];

	pool_init(&pool, (size_t)1 << 30);
	for (how = RASTER_MEAN; how <= RASTER_NEAREST; how++) {
		for (kind = 0; kind < KINDS; kind++) {
			for (i = 0, good = 1; i < TRIALS && good; i++) {
				p.kind[0] = (enum kind)(random() % KINDS);
				p.kind[1] = (enum kind)kind;
				good = try(&p, (enum raster_how)how, &compared);
			}
			snprintf(name, sizeof(name), "%s, %s: as it says",
			    hows[how], kinds[kind]);
			ok(good, name);
		}
	}
	printf("# %lu cells\n", compared);
	ok(compared > 200000, "most of the cells were compared");
	p.kind[0] = p.kind[1] = INDEX;
	for (i = 0, good = 1; i < 10 * TRIALS && good; i++)
		good = extremes(&p);
	ok(good, "the extremes are those of the values");
	printf("1..%d\n", test);
	return failures > 0;
}
