/*
 * show: a record as text, for people and for other tools.
 *
 * Pure: a record in, text into a buffer.  Whatever the record holds, what
 * comes out is UTF-8 without control characters but the line feeds meant, so
 * that it can go to a terminal.  Lines and JSON texts are long where records
 * are; full() is called as the buffer grows, to empty it.
 */

#ifndef SHOW_H
#define SHOW_H

#include "buffer.h"
#include "record.h"

struct show {
	const char	*const *names;	/* the fields wanted, in order */
	size_t		 nnames;	/* 0: all */
	int		 about;		/* JSON: types, dims, attributes */
	/* Empties the buffer.  -1: no more is wanted. */
	int		(*full)(struct buffer *b, void *arg);
	void		*arg;
	uint64_t	 left_out;	/* CSV: fields of rank 2 and more */
	char		 left_name[APREC_NAME_MAX + 1];	/* the first of them */
	struct buffer	 header;	/* CSV: the last one; show_free() */
};

void show_free(struct show *s);

/* A wall time, 2026-11-20T10:08:57.123456789Z, with so many decimals. */
void show_time(struct buffer *b, int64_t wall, int decimals);

/* A source in one word: in quotes, if blanks are in it. */
void show_source(struct buffer *b, const char *source);

/*
 * "seq time step bytes flags source field ...": a field is name:type[y=2,x=3].
 * The step is "-" where the record has none.
 */
void show_line(struct buffer *b, const struct record *r);

/* name:type and shape; and a value as JSON has it. */
void show_field(struct buffer *b, const struct field *f);
void show_value(struct buffer *b, const struct record *r,
    const struct field *f);

/*
 * Rows of comma-separated values.  Numbers and texts give one row a record;
 * arrays of rank 1 are columns, beside which numbers are repeated.  Without
 * names there are source, seq and wall (seconds since 1970) before the fields;
 * with names, these three are taken for fields where there are none of that
 * name.  A header line comes first, and, behind an empty line, whenever the
 * columns change.  Complex numbers are two columns, name_re and name_im.  A
 * record that has none of the fields gives nothing, nor does a history, which
 * repeats what other records said.  -1 when full() said so.
 */
int show_csv(struct show *s, struct buffer *b, const struct record *r);

/*
 * One line: {"source":"x","run":"0123456789abcdef","seq":1,"wall":"...Z",
 * "final":true,"history":true,"fields":{...}}; final and history only where
 * they are true.  Numbers are exact; what is not finite is null, complex is
 * [re,im], a withdrawn field null.  With about, "about" has for each field its
 * type, dims and attributes.  Gives nothing as above.
 */
int show_json(struct show *s, struct buffer *b, const struct record *r);

#endif
