/*
 * dots.c - curves in a picture made of characters
 *
 * Dots are counted from the left and from the bottom, those of a cell as in
 * Unicode's Braille patterns.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dots.h"

#define WIDE	2	/* dots of a cell */
#define HIGH	4

/* Bits of the dots of a cell, from the bottom. */
static const unsigned char bits[HIGH][WIDE] = { { 0x40, 0x80 },
	{ 0x04, 0x20 }, { 0x02, 0x10 }, { 0x01, 0x08 } };

int
dots_init(struct dots *d, unsigned cols, unsigned rows)
{
	d->cols = cols;
	d->rows = rows;
	d->own = calloc((size_t)cols * rows + 1, 1);
	d->all = calloc((size_t)cols * rows + 1, 1);
	return d->own == NULL || d->all == NULL ? -1 : 0;
}

void
dots_free(struct dots *d)
{
	free(d->own);
	free(d->all);
}

/* Cut what of a line from *t0 to *t1 lies below 0 or above most. */
static int
clip(double from, double to, double most, double *t0, double *t1)
{
	double at[2], d = to - from, t;

	if (d == 0)
		return from >= 0 && from <= most;
	at[0] = -from / d;
	at[1] = (most - from) / d;
	if (d < 0) {
		t = at[0];
		at[0] = at[1];
		at[1] = t;
	}
	*t0 = fmax(*t0, at[0]);
	*t1 = fmin(*t1, at[1]);
	return *t0 <= *t1;
}

static void
put_dot(struct dots *d, double x, double y)
{
	unsigned col, row, most;

	most = d->cols * WIDE - 1;
	col = x <= 0 ? 0 : x >= most ? most : (unsigned)x;
	most = d->rows * HIGH - 1;
	row = y <= 0 ? 0 : y >= most ? most : (unsigned)y;
	d->own[(size_t)(row / HIGH) * d->cols + col / WIDE] |=
	    bits[row % HIGH][col % WIDE];
}

void
dots_line(struct dots *d, double x0, double y0, double x1, double y1)
{
	double t0 = 0, t1 = 1, dx, dy;
	unsigned i, n;

	if (d->cols == 0 || d->rows == 0 || isnan(x0 + y0 + x1 + y1))
		return;
	x0 *= WIDE;
	x1 *= WIDE;
	y0 *= HIGH;
	y1 *= HIGH;
	if (!clip(x0, x1, d->cols * WIDE, &t0, &t1) ||
	    !clip(y0, y1, d->rows * HIGH, &t0, &t1))
		return;
	dx = x1 - x0;
	dy = y1 - y0;
	n = (unsigned)fmin(ceil(fmax(fabs(dx), fabs(dy)) * (t1 - t0)),
	    2 * HIGH * ((double)d->cols + d->rows));
	for (i = 0; i <= n; i++) {
		double t = n == 0 ? t0 : t0 + (t1 - t0) * i / n;

		put_dot(d, x0 + dx * t, y0 + dy * t);
	}
}

unsigned
dots_cell(const struct dots *d, unsigned col, unsigned row)
{
	size_t at = (size_t)row * d->cols + col;

	return d->own[at] == 0 ? 0 : d->own[at] | d->all[at];
}

void
dots_next(struct dots *d)
{
	size_t i, n = (size_t)d->cols * d->rows;

	for (i = 0; i < n; i++) {
		d->all[i] |= d->own[i];
		d->own[i] = 0;
	}
}

/* A character that looks like the dots, of those that all terminals have. */
static const char *
ascii(unsigned char c)
{
	/* by which of the rows have dots, from the bottom */
	static const char *const like[1 << HIGH] = { " ", ".", "-", ",", "-",
		":", "-", "|", "'", ":", ":", "|", "'", "|", "|", "|" };
	unsigned rows = 0, i;

	for (i = 0; i < HIGH; i++)
		rows |= (unsigned)((c & (bits[i][0] | bits[i][1])) != 0) << i;
	return like[rows];
}

static const char *
block(unsigned char c)
{
	static const char *const like[4] = { " ", "\xe2\x96\x84",
		"\xe2\x96\x80", "\xe2\x96\x88" };
	unsigned low = bits[0][0] | bits[0][1] | bits[1][0] | bits[1][1];

	return like[((c & low) != 0) + 2 * ((c & ~low) != 0)];
}

void
dots_characters(enum dots_shapes shapes, char *text, size_t size)
{
	char braille[4] = { '\xe2', '\xa0', '\x80', '\0' };
	const char *p;
	size_t n = 0, len;
	unsigned c;

	for (c = 0; c < 256; c++) {
		braille[1] = (char)(0xa0 | c >> 6);
		braille[2] = (char)(0x80 | (c & 0x3f));
		p = shapes == DOTS_ASCII ? ascii((unsigned char)c) :
		    shapes == DOTS_BLOCKS ? block((unsigned char)c) : braille;
		len = strlen(p);
		if (n + len < size) {
			memcpy(text + n, p, len);
			n += len;
		}
	}
	text[n] = '\0';
}
