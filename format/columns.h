/*
 * columns: values under names, gathered into rows or arrays.
 *
 *	columns_begin(cs);
 *	c = columns_for_row(cs, name);
 *	columns_number(cs, c, v);
 *	...
 *	columns_end(cs);		a row of single values, or
 *	columns_block(cs);		the arrays of all rows since
 *	columns_clear(cs);
 *
 * In arrays, columns that stand in the same rows form a group and are equally
 * long: what a row leaves out is NaN.
 */

#ifndef COLUMNS_H
#define COLUMNS_H

#include <stdint.h>

#include "cells.h"
#include "grid.h"
#include "text.h"
#include "word.h"

#define COLUMNS_HASH	(4 * TEXT_COLUMNS_MAX)

/* Columns that stand in the same rows. */
struct group {
	size_t		 rows;
	uint64_t	 row;		/* the one that last added to it */
	size_t		 part;		/* rows up to the last blank line */
	size_t		 parts;		/* between blank lines, */
	size_t		 length;	/* of so many rows each, */
	int		 uneven;	/* or not */
	struct column	*first;		/* the coordinate of arrays, and of */
	struct column	*second;	/* grids; NULL */
	enum grid	 grid;
};

/* A name that was given out once, and the values of it that are still here. */
struct column {
	char		 name[WORD_NAME_SIZE];
	char		*units;
	char		*label;
	int		 whole;		/* step, and all values whole so far */
	int		 scalar;	/* in arrays: one value all the same */
	int		 coordinate;	/* the one that was asked for */
	size_t		 group;		/* 0: none yet */
	uint64_t	 row;		/* the last row it was set in */
	double		*values;
	size_t		 count, room;
	char		*string;
	size_t		 string_len;
	int		 mixed;		/* several strings in one block */
};

struct columns {
	int		 arrays;
	size_t		 memory;	/* limit for the values, in bytes */
	size_t		 used;		/* of it */
	int		 failed;	/* memory ran out */
	int		 stamped;	/* the row has the time wall (ns) */
	int64_t		 wall;
	int64_t		 first_wall;	/* where t is 0; 0: not yet known */

	struct column	**list;
	size_t		 n;
	size_t		 hash[COLUMNS_HASH];	/* index + 1 */
	struct group	*groups;	/* the first one is not used */
	size_t		 ngroups;
	uint64_t	 row_number;
	size_t		 row_group;
	int		 holding;	/* arrays have rows */
	int		 given;		/* arrays were given out */

	size_t		 loose;		/* parts that are no grid */
	struct text_field *fields;	/* what is given out */
	size_t		 nfields;
};

void columns_init(struct columns *cs, int arrays, size_t memory);
void columns_free(struct columns *cs);

/*
 * Begins a row.  One that is stamped has the column t, in seconds: since the
 * first stamp where that is a time since 1970.  -1: no room for it.
 */
int columns_begin(struct columns *cs);

/*
 * The column of that name; name_2, name_3 ... if this row has set it already.
 * NULL: there are TEXT_COLUMNS_MAX others.
 */
struct column *columns_for_row(struct columns *cs, const char *name);

/* What is known of it, unless that has been said before. */
void columns_describe(struct columns *cs, struct column *c,
    struct span label, struct span units);

/* A heading or units as an attribute: safe text of bounded length; free() it.
 * NULL: empty, or no memory. */
char *columns_attribute(struct columns *cs, const char *s, size_t n);

/* Sets it in this row.  -1: no memory, or above the limit. */
int columns_number(struct columns *cs, struct column *c, double v);

/* The same with a string.  In arrays it is kept if it is always the same. */
int columns_string(struct columns *cs, struct column *c, struct span word);

/* The row is whole.  1 if there are fields to give out: not in arrays. */
int columns_end(struct columns *cs);

/* A blank line: the next rows may be another row of a grid. */
void columns_part(struct columns *cs);

/* Gives out the arrays.  1 if there are any. */
int columns_block(struct columns *cs);

/* Forgets the arrays that were given out, if they were. */
void columns_clear(struct columns *cs);

#endif
