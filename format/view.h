/*
 * view.h - a field as it is drawn: a line or a plane of its array
 *
 * A view has one or two dimensions.  Dimensions of extent 1 are left out; of
 * more than two, all but the last two are fixed at their middle, or where
 * a slice says.  Values come as doubles, a complex one as a part of it, and the
 * values of two views may be those of a vector, that come as its length.
 *
 * A view may be put together from parts, views that lie in it (tiles.h); where
 * none lies its values are NaN.
 */
#ifndef VIEW_H
#define VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "state.h"

/* What is drawn of a complex number: VIEW_ANY is the modulus, but of a real one
 * its value.  A phase is in (-pi, pi], NaN where the modulus is 0. */
enum view_component { VIEW_ANY, VIEW_MODULUS, VIEW_PHASE, VIEW_REAL,
	VIEW_IMAG };

/* Where dimensions are fixed: "z=256", by name or by place ("0=256"). */
struct slice {
	char		 dim[APREC_NAME_MAX + 1];
	uint64_t	 index;
};

#define VIEW_SLICES	APREC_RANK_MAX

struct view_part;

struct view {
	const struct record *rec;	/* NULL: no view */
	const struct field *field;
	unsigned	 rank;		/* 1 or 2 */
	uint64_t	 first;		/* element with all indices 0 */
	/* [0] varies slowest; of rank 1 only [0] is used. */
	uint64_t	 extents[2];
	uint64_t	 strides[2];	/* in elements */
	const char	*dims[2];	/* "": without name */
	unsigned	 places[2];	/* among the field's dimensions, 0 the
					 * last */
	char		 where[160];	/* what is fixed: "[z=256]", or "" */
	const struct view_part *parts;	/* later ones lie over earlier; NULL:
					 * it is one piece */
	unsigned	 nparts;
	const double	*values;	/* of rank 1, made; or NULL */
	enum view_component component;
	const struct view *across;	/* of a vector, its other component;
					 * values are its length; or NULL */
};

/* A view, and the place in another of its element with all indices 0. */
struct view_part {
	struct view	 v;
	uint64_t	 row, col;
};

/*
 * View a field of a source.  0; -1 when there is none to draw (a text, a
 * number, an empty array, a slice it does not have), with *why a text that
 * may be shown.
 */
int view_field(struct view *v, const struct source *s, const char *name,
    const struct slice *slices, unsigned nslices, const char **why);

/* The same of a record's field. */
int view_array(struct view *v, const struct record *rec,
    const struct field *f, const struct slice *slices, unsigned nslices,
    const char **why);

/* Elements in all. */
uint64_t view_count(const struct view *v);

/*
 * Values of the elements from (row, col) on along the last dimension, n of
 * them; of rank 1 row is 0.
 */
void view_values(const struct view *v, uint64_t row, uint64_t col, size_t n,
    double *out);

/*
 * Where the view's elements lie, as they are encoded, when they lie plain and
 * one behind the other; else NULL.
 */
const void *view_bytes(const struct view *v);

/* The same as doubles, when they are such and aligned; else NULL. */
const double *view_doubles(const struct view *v);

/* Whether it is of complex numbers; of no view, 0. */
int view_is_complex(const struct view *v);

/* Whether two views have the same extents. */
int view_fits(const struct view *a, const struct view *b);

/*
 * The coordinate of a view's dimension: the 1-D field of its name of the
 * same source, or what the attribute coordinates says, of the dimension's
 * extent.  Where dimensions have no names, the last is taken for x, the one
 * before it for y, then z.  1, or 0 when there is none.
 */
int view_coordinate(const struct view *v, const struct source *s,
    unsigned dim, struct view *coordinate);

/*
 * The coordinates of scattered points (rank 1) or a curvilinear grid (rank 2)
 * by the attribute coordinates: two fields of the view's own extents.  1, or 0
 * when there are none.
 */
int view_positions(const struct view *v, const struct source *s,
    struct view *x, struct view *y);

#endif
