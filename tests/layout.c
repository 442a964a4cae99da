/*
 * Goal: panels of any number and shape fill a picture of any size: their cells
 * lie in it, in their order, without overlap; images of one shape get one size
 * in a row; and rows stay as they are while others are little better.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "format/layout.h"

#define H	8.	/* a character */
#define V	16.

static int test, failures;

static void
ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++test, what);
	failures += !good;
}

static void
shape(struct layout_panel *p, double aspect)
{
	p->aspect = aspect;
	p->beside = aspect > 0 ? 17 * H + 3.8 * V : 10 * H + 2 * V;
	p->above = 4.3 * V;
}

static double
size(const struct layout_area *a)
{
	return (a->right - a->left) * (a->top - a->bottom);
}

static int
overlap(const struct layout_area *a, const struct layout_area *b)
{
	return fmin(a->right, b->right) - fmax(a->left, b->left) > 1e-6 &&
	    fmin(a->top, b->top) - fmax(a->bottom, b->bottom) > 1e-6;
}

/* Whether the cells are good in area. */
static int
good(const struct layout_panel *p, unsigned n, const struct layout_area *area)
{
	const struct layout_area *c;
	double all = 0;
	unsigned i, j;

	for (i = 0; i < n; i++) {
		c = &p[i].cell;
		if (!(c->left >= area->left - 1e-6 && c->right <= area->right +
		    1e-6 && c->bottom >= area->bottom - 1e-6 && c->top <=
		    area->top + 1e-6 && c->left < c->right && c->bottom <
		    c->top))
			return 0;
		for (j = 0; j < i; j++) {
			if (overlap(c, &p[j].cell))
				return 0;
		}
		if (i > 0 && c->left < p[i - 1].cell.right - 1e-6 &&
		    c->top > p[i - 1].cell.bottom + 1e-6)
			return 0;
		all += size(c);
	}
	return all > 0.99 * size(area);
}

static void
test_any(void)
{
	static const double sizes[][2] = { { 640, 480 }, { 1280, 960 },
		{ 1920, 600 }, { 500, 1000 } };
	struct layout_panel p[LAYOUT_MOST];
	struct layout_area area = { 0, 0, 3, 0 };
	unsigned i, k, n, rows;
	int fine = 1;

	srand(5);
	for (k = 0; k < 200; k++) {
		n = k % LAYOUT_MOST + 1;
		for (i = 0; i < n; i++)
			shape(&p[i], rand() % 2 ? 0 : exp(rand() % 31 / 10. -
			    1.5));
		area.right = sizes[k % 4][0];
		area.top = sizes[k % 4][1];
		rows = (unsigned)rand();
		layout_rows(p, n, &area, 1.7, &rows);
		fine &= good(p, n, &area);
		fine &= rows >> (n - 1) == 1;
	}
	ok(fine, "cells lie in the picture, in order, and fill it");
}

static void
test_alike(void)
{
	struct layout_panel p[4];
	struct layout_area area = { 0, 1280, 0, 960 };
	unsigned i, rows = 0;

	for (i = 0; i < 4; i++)
		shape(&p[i], i < 2 ? 1 : 0);
	layout_rows(p, 4, &area, 1.7, &rows);
	ok(rows == 10, "two images and two curves: two rows");
	ok(fabs(size(&p[0].cell) - size(&p[1].cell)) < 1 &&
	    fabs(size(&p[2].cell) - size(&p[3].cell)) < 1,
	    "what is alike is as large");
	ok(p[0].cell.top - p[0].cell.bottom > p[2].cell.top - p[2].cell.bottom,
	    "images get more");
	area.right = 500;
	area.top = 1500;
	rows = 0;
	layout_rows(p, 4, &area, 1.7, &rows);
	ok(rows == 15, "in a column where that is what there is");
}

static void
test_stay(void)
{
	struct layout_panel p[5];
	struct layout_area area = { 0, 0, 0, 700 };
	unsigned i, rows = 0, was = 0, changes = 0, least = 0;
	double wide;

	for (i = 0; i < 5; i++)
		shape(&p[i], i < 2 ? 1.3 : 0);
	for (wide = 500; wide < 2500; wide += 10, was = rows) {
		area.right = wide;
		layout_rows(p, 5, &area, 1.7, &rows);
		changes += was != 0 && rows != was;
	}
	ok(changes > 0, "rows follow the picture's size");
	/* To and fro where they changed. */
	for (wide = 2490, was = rows; rows == was; wide -= 10) {
		area.right = wide;
		layout_rows(p, 5, &area, 1.7, &rows);
	}
	for (i = 0; i < 20; i++, was = rows) {
		area.right = wide + (i % 2) * 10;
		layout_rows(p, 5, &area, 1.7, &rows);
		least += i > 0 && rows != was;
	}
	ok(least == 0, "but not for a few pixels");
}

int
main(void)
{
	test_any();
	test_alike();
	test_stay();
	printf("1..%d\n", test);
	return failures > 0;
}
