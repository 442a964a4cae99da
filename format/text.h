/*
 * text: what programs print, taken apart into rows of named columns.
 *
 *	while (len > 0) {
 *		n = text_feed(t, p, len, &row);
 *		...use row, unless it is NULL...
 *		p += n, len -= n;
 *	}
 *	while (text_end(t, &row) > 0)
 *		...use row...
 *
 * Bytes in, rows out; nothing is read, printed or ended.  text.c begins with
 * what is taken for a row, and what is not.
 */

#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * So many fields with such labels and units, and two dimensions, have 512
 * bytes each in a record's table, which is just what it may hold.
 */
#define TEXT_COLUMNS_MAX	2048	/* names in all, and words of a line */
#define TEXT_HEADING_MAX	127	/* bytes kept of a heading, of units */

#define TEXT_LINE_MAX		(1 << 20)	/* bytes of a line */
#define TEXT_SAMPLE_MAX		120	/* bytes kept of a line that fits not */

/* What becomes one row that is given out. */
enum text_per {
	TEXT_LINE,		/* a line: single values, at its end */
	TEXT_BLOCK,		/* the lines up to a blank one: arrays */
	TEXT_INDEX,		/* the lines up to two: arrays, or a grid */
	TEXT_FILE		/* the lines up to text_end(): the same */
};

/*
 * Everything may be 0 or NULL.  A column is told by its heading as it was
 * printed, by its name as it is given out, or by its number from 1.
 */
struct text_options {
	enum text_per	 per;
	char		 separator;	/* , ; | tab, ' ' blanks; 0: found */
	const char	*const *names;	/* of the columns; "" leaves one out */
	size_t		 nnames;
	const char	*const *units;	/* of the columns; "" none */
	size_t		 nunits;
	const char	*step;		/* the column that becomes step */
	const char	*time;		/* the column that becomes t */
	const char	*coordinate;	/* of the arrays; first column */
	const char	*label;		/* names the rows, in the names */
	uint64_t	 skip;		/* lines not looked at in each input */
	size_t		 memory;	/* bytes of arrays kept; 0: 256 MiB */
};

enum text_kind { TEXT_NUMBER, TEXT_WHOLE, TEXT_STRING };

struct text_field {
	const char	*name;		/* an identifier, once in a row */
	const char	*units;		/* NULL: none known */
	const char	*label;		/* the heading, where it is not name */
	enum text_kind	 kind;
	int		 rank;		/* 0, or in arrays 1 or 2 */
	size_t		 extents[2];
	const char	*dims[2];	/* coordinates' names; NULL: none */
	size_t		 count;		/* of elements */
	const void	*data;		/* double; TEXT_WHOLE: int64_t;
					 * TEXT_STRING: UTF-8, count bytes */
};

/* All of it is valid until the next call with the same struct text. */
struct text_row {
	const struct text_field *fields;
	size_t		 nfields;
	uint64_t	 line;		/* number of its last line, from 1 */
	int		 stamped;	/* it began with [seconds]: */
	int64_t		 wall;		/* ns since 1970-01-01 00:00 UTC */
};

struct text_stats {
	uint64_t	 lines;
	uint64_t	 rows;		/* lines that were (parts of) rows */
	uint64_t	 misfits;	/* lines taken for nothing */
	uint64_t	 misfit_line;	/* number of the first of them */
	char		 misfit[TEXT_SAMPLE_MAX + 1];	/* safe to show */
	uint64_t	 overlong;	/* of them: above TEXT_LINE_MAX */
	uint64_t	 binary;	/* of them: with control characters */
	uint64_t	 unkept;	/* of them: no memory or name left */
	uint64_t	 blocks;	/* groups of rows between blank lines
					 * that are not taken for such: was
					 * TEXT_BLOCK meant? */
};

struct text;

/* Copies the options, and the texts they point to.  NULL: out of memory. */
struct text *text_new(const struct text_options *options);
void text_free(struct text *t);

/*
 * Takes bytes, up to the first line end at most, and returns how many, at
 * least 1 of len > 0.  *row is set to a row that is complete, else to NULL.
 * Lines end in LF, CR or both.
 */
size_t text_feed(struct text *t, const char *buf, size_t len,
    const struct text_row **row);

/*
 * The end of an input: a last line without an end, and what was held for more
 * lines.  1: *row is set, call again; 0: all has come.  The next input then
 * begins, with names of its own.
 */
int text_end(struct text *t, const struct text_row **row);

/* 1 if memory ran out: rows are missing. */
int text_failed(const struct text *t);

const struct text_stats *text_stats(const struct text *t);

/*
 * The names of the columns of the present table with a blank between, as they
 * were found, for showing; "" where there is none.  Valid until the next call.
 */
const char *text_names(struct text *t);

#endif
