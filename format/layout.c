/*
 * layout.c - where panels lie in a picture
 */
#include <math.h>

#include "layout.h"

#define IMAGE_SIZE	1.7	/* of an image, beside curves */
#define BETTER		0.8	/* what costs less than that of what was */
#define IMAGE_HIGH	1.3	/* a row of images, beside one of curves */
#define LEAST		0.9	/* aspect of curves beside an image */

/* A row, panels first to before last. */
struct row {
	unsigned	 first, last;
	unsigned	 curves;	/* panels of any aspect */
	double		 beside, above;
	double		 most;		/* height that its images fill its
					 * width with; INFINITY: no images */
	double		 height;	/* of what is drawn */
};

static double
aspect_of(const struct layout_panel *p, double lines)
{
	return p->aspect > 0 ? p->aspect : lines;
}

/* The rows as they end; how many there are. */
static unsigned
read_rows(struct row *rows, const struct layout_panel *panels, unsigned n,
    unsigned ends, double width)
{
	struct row *r = rows;
	double aspects = 0;
	unsigned i, count = 0;

	for (i = 0; i < n; i++) {
		if (i == 0 || (ends >> (i - 1) & 1)) {
			r = &rows[count++];
			*r = (struct row){ .first = i, .most = INFINITY };
			aspects = 0;
		}
		r->last = i + 1;
		r->curves += panels[i].aspect <= 0;
		r->beside += panels[i].beside;
		r->above = fmax(r->above, panels[i].above);
		aspects += panels[i].aspect > 0 ? panels[i].aspect : LEAST;
		if (r->curves < i + 1 - r->first)
			r->most = fmax(width - r->beside, width / 10) /
			    aspects;
	}
	return count;
}

/* Have the rows fill the height, all of one height but those whose images
 * have no use for so much. */
static void
fill(struct row *rows, unsigned count, double height)
{
	double room = height, weights, level;
	struct row *r;
	unsigned again, k;

	for (r = rows; r < rows + count; r++) {
		room -= r->above;
		r->height = 0;
	}
	room = fmax(room, height / 5);
	for (again = 1, k = 0; again && k < count; k++) {
		again = 0;
		weights = 0;
		for (r = rows; r < rows + count; r++) {
			if (r->height == 0)
				weights += isinf(r->most) ? 1 : IMAGE_HIGH;
		}
		level = room / weights;
		for (r = rows; r < rows + count; r++) {
			if (r->height > 0 || r->most > IMAGE_HIGH * level)
				continue;
			r->height = r->most;
			room -= r->most;
			again = 1;
		}
	}
	for (weights = 0, r = rows; r < rows + count; r++) {
		if (r->height == 0)
			weights += isinf(r->most) ? 1 : IMAGE_HIGH;
	}
	for (r = rows; r < rows + count; r++) {
		if (r->height == 0)
			r->height = room / weights * (isinf(r->most) ? 1 :
			    IMAGE_HIGH);
	}
}

/* Cut a row from top down, spare higher than it needs to be. */
static void
cut_row(struct layout_panel *panels, const struct row *r, double top,
    double spare, const struct layout_area *area)
{
	double width = area->right - area->left - r->beside, left = area->left;
	struct layout_area *c;
	unsigned i;

	for (i = r->first; i < r->last; i++) {
		if (panels[i].aspect > 0)
			width -= panels[i].aspect * r->height;
	}
	/* What images leave: for curves, or between all. */
	width /= r->curves > 0 ? r->curves : r->last - r->first;
	for (i = r->first; i < r->last; i++) {
		c = &panels[i].cell;
		c->left = left;
		left += panels[i].beside + (panels[i].aspect <= 0 ? width :
		    panels[i].aspect * r->height + (r->curves > 0 ? 0 :
		    width));
		c->right = left;
		c->top = top;
		c->bottom = top - r->height - r->above - spare;
	}
}

/* What is drawn in the cell: how far it is from the shape that it should have,
 * and the logarithm of its size. */
static double
cost_of(const struct layout_panel *p, double lines, double *size)
{
	double wide = p->cell.right - p->cell.left - p->beside;
	double high = p->cell.top - p->cell.bottom - p->above, off;

	wide = fmax(wide, 1e-3 * p->beside + 1e-9);
	high = fmax(high, 1e-3 * p->above + 1e-9);
	off = log(wide / high / aspect_of(p, lines));
	*size = log(wide * high);
	if (p->aspect > 0)
		*size -= fabs(off) + log(IMAGE_SIZE);
	return off * off;
}

/* Cut area into rows that end so; the cost of what comes out. */
static double
cut(struct layout_panel *panels, unsigned n, unsigned ends,
    const struct layout_area *area, double lines)
{
	struct row rows[LAYOUT_MOST];
	double height = area->top - area->bottom, top = area->top, used = 0;
	double cost = 0, size, sum = 0, squares = 0;
	unsigned count, i, k;

	count = read_rows(rows, panels, n, ends, area->right - area->left);
	fill(rows, count, height);
	for (i = 0; i < count; i++)
		used += rows[i].height + rows[i].above;
	for (i = 0; i < count; i++) {
		cut_row(panels, &rows[i], top, (height - used) / count, area);
		top = panels[rows[i].first].cell.bottom;
		k = rows[i].last - rows[i].first;
		if (rows[i].curves > 0 && rows[i].curves < k)
			cost += 0.6;
		if (i > 0)
			cost += 0.2 * fabs((double)k - (rows[i - 1].last -
			    rows[i - 1].first));
	}
	for (i = 0; i < n; i++) {
		cost += cost_of(&panels[i], lines, &size);
		sum += size;
		squares += size * size;
	}
	return cost + 0.7 * fmax(0, squares - sum * sum / n);
}

void
layout_rows(struct layout_panel *panels, unsigned n,
    const struct layout_area *area, double lines, unsigned *rows)
{
	unsigned ends, last = 1u << (n - 1), best = last;
	double cost, least = INFINITY;

	/* The last row ends behind the last panel. */
	for (ends = last; ends < 2 * last; ends++) {
		cost = cut(panels, n, ends, area, lines);
		if (cost < least) {
			least = cost;
			best = ends;
		}
	}
	if (*rows >= last && *rows < 2 * last && least > BETTER *
	    cut(panels, n, *rows, area, lines) - 0.05)
		best = *rows;
	*rows = best;
	cut(panels, n, best, area, lines);
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
