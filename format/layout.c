/*
 * layout.c - where panels lie in a picture
 */
#include <math.h>

#include "layout.h"

#define LINES_ASPECT	1.8	/* of a cell that shows curves */
#define IMAGE_WEIGHT	1.7	/* height of a row with images */

/* Cut area into rows of cols panels; the cost of what comes out. */
static double
cut(struct layout_panel *panels, unsigned n, unsigned cols,
    const struct layout_area *area)
{
	double weight[64] = { 0 }, sum = 0, cost = 0, top, height, width, off;
	struct layout_area *c;
	unsigned i, row, in_row;

	for (i = 0; i < n; i++) {
		row = i / cols;
		if (weight[row] == 0)
			weight[row] = 1;
		if (panels[i].aspect > 0)
			weight[row] = IMAGE_WEIGHT;
	}
	for (row = 0; row * cols < n; row++)
		sum += weight[row];
	top = area->top;
	for (i = 0; i < n; i++) {
		row = i / cols;
		if (i % cols == 0 && i > 0)
			top = panels[i - 1].cell.bottom;
		in_row = n - row * cols < cols ? n - row * cols : cols;
		height = (area->top - area->bottom) * weight[row] / sum;
		width = (area->right - area->left) / in_row;
		c = &panels[i].cell;
		c->left = area->left + width * (i % cols);
		c->right = c->left + width;
		c->top = top;
		c->bottom = top - height;
		off = log(width / height / (panels[i].aspect > 0 ?
		    panels[i].aspect * 1.15 : LINES_ASPECT));
		cost += off * off * (panels[i].aspect > 0 ? 3 : 1);
	}
	return cost;
}

void
layout_rows(struct layout_panel *panels, unsigned n,
    const struct layout_area *area)
{
	double cost, least = INFINITY;
	unsigned cols, best = 1;

	for (cols = 1; cols <= n; cols++) {
		cost = cut(panels, n, cols, area);
		if (cost < least) {
			least = cost;
			best = cols;
		}
	}
	if (n > 0)
		cut(panels, n, best, area);
}

struct layout_area
layout_inside(const struct layout_area *cell,
    const struct layout_area *margins, double aspect)
{
	struct layout_area in;
	double width, height, spare;

	in.left = cell->left + margins->left;
	in.right = cell->right - margins->right;
	in.bottom = cell->bottom + margins->bottom;
	in.top = cell->top - margins->top;
	width = in.right - in.left;
	height = in.top - in.bottom;
	if (aspect <= 0 || width <= 0 || height <= 0)
		return in;
	if (width > height * aspect) {
		spare = (width - height * aspect) / 2;
		in.left += spare;
		in.right -= spare;
	} else {
		spare = (height - width / aspect) / 2;
		in.bottom += spare;
		in.top -= spare;
	}
	return in;
}
