/*
 * tiles.h - one array out of the tiles that several sources publish
 *
 * Tiles of an array are the fields of one name, of sources of one job, that
 * have the same tile_extents (aprec(5)).  Where no tile is the array has no
 * values; where several are, that of the newest record counts.  A field that
 * is the whole array is no tile.
 */
#ifndef TILES_H
#define TILES_H

#include "state.h"
#include "view.h"

/* An array, with the views of it and the tiles they are made of. */
struct tiles {
	struct tiles	*next;
	struct field	 field;		/* the first tile's, with the extents
					 * of the array */
	const struct source *source;	/* the first tile's */
	unsigned	 n;		/* tiles, the oldest first */
	struct tile	*tiles;
	double		 share;		/* of what is seen, that is there */
	struct view	 v, x, y;	/* x, y: coordinates; rec NULL: none */
	int		 places;	/* x and y are places of each value */
	void		*made[12];	/* what the views point to */
	unsigned	 nmade;
};

struct tile {
	const struct source *source;
	const struct record *rec;
	const struct field *field;
	uint64_t	 offset[APREC_RANK_MAX];
	struct view_part part;
	int		 seen;		/* it lies in the view */
};

/*
 * What the attributes of a field say: 1 it is a tile; 0 it is none; -1 they
 * cannot be true, with *why a text.
 */
int tiles_read(const struct field *f, uint64_t extents[APREC_RANK_MAX],
    uint64_t offset[APREC_RANK_MAX], const char **why);

enum tiles_found {
	TILES_NONE,		/* the source's field stands for itself */
	TILES_BEFORE,		/* it is part of one that is in the list */
	TILES_JOINED		/* *list is the array now, seen as wanted */
};

/*
 * Join the tiles that belong to the field of that name of s.  The list is
 * looked at as far as since, which is where it began when the caller came
 * to its first source.  *why is set, or NULL: with TILES_NONE, why tiles are
 * not joined.
 */
enum tiles_found tiles_join(struct tiles **list, const struct tiles *since,
    struct state *st, const struct source *s, const char *name,
    const struct slice *slices, unsigned nslices, const char **why);

/*
 * Other coordinates than the array's own: fields of these names (y NULL: the
 * one along x alone) that its sources have.  0, or -1.
 */
int tiles_place(struct tiles *t, struct state *st, const char *x,
    const char *y);

/* Forget what was joined, as far as since. */
void tiles_free(struct tiles **list, const struct tiles *since);

#endif
