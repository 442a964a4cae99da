/*
 * sheet.h - a frame in the making: commands, and the data they name
 *
 * Data lie in a file, named by path, that is made of pieces: arrays where
 * they lie in records, and what was computed.  Without path they stand
 * as named blocks in the commands.
 */
#ifndef SHEET_H
#define SHEET_H

#include <sys/uio.h>

#include <stddef.h>
#include <stdint.h>

#include "aprec.h"
#include "buffer.h"

struct piece {
	const void	*p;		/* NULL: in own, from at on */
	size_t		 at;
	size_t		 n;
};

struct sheet {
	struct buffer	 text;		/* the commands */
	struct buffer	 plot;		/* the plot command being written */
	struct buffer	 own;		/* data that were computed */
	struct buffer	 pieces;	/* of struct piece */
	struct buffer	 iov;
	const char	*path;
	uint64_t	 size;		/* of the data file so far */
	unsigned	 blocks;
	unsigned	 elements;	/* of the plot command */
};

void sheet_free(struct sheet *s);
void sheet_begin(struct sheet *s, const char *path);

/* Begin the next element of the plot command (plot or splot). */
void sheet_element(struct sheet *s, const char *command);

/*
 * Put the data source of n rows of cols doubles, which lie in own from byte
 * from on; "using 1:2 ..." is the caller's.
 */
void sheet_rows(struct sheet *s, size_t from, size_t n, unsigned cols);

/* The same of a grid of rows: cols by lines of x, y, value. */
void sheet_grid_rows(struct sheet *s, size_t from, uint64_t cols,
    uint64_t lines);

/* A grid of values at x0 + i dx, y0 + j dy: up to "using ...". */
struct sheet_grid {
	uint64_t	 nx, ny;
	double		 x0, dx, y0, dy;
};

/* Put the data source of a grid of doubles in own, from byte from on. */
void sheet_grid(struct sheet *s, size_t from, const struct sheet_grid *grid);
/* The same of an array that lies in a record, x varying fastest. */
void sheet_grid_at(struct sheet *s, const void *p, enum aprec_type type,
    const struct sheet_grid *grid);

/* End the plot command. */
void sheet_plot(struct sheet *s);

/* The data file.  -1: out of memory somewhere. */
int sheet_end(struct sheet *s, const struct iovec **iov, int *n);

/* gnuplot's name for numbers of that type in binary files, or NULL. */
const char *sheet_type(enum aprec_type type);

#endif
