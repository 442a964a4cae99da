/*
 * word: what one printed word means: a number, a unit, a time of day, a name.
 *
 * Pure functions of a piece of text given by address and length; nothing is
 * allocated, nothing is kept.  Pieces need not end in NUL and may hold any
 * byte.  The decimal point is the program's locale's, which has to be "C".
 */

#ifndef WORD_H
#define WORD_H

#include <stddef.h>
#include <stdint.h>

/* Room for the longest field name there is, and its NUL. */
#define WORD_NAME_SIZE	64

enum word_clock {
	WORD_NO_CLOCK,
	WORD_TIME,			/* 10:08:57, 10:08:57.123 */
	WORD_DATE,			/* 2026-11-20, 11/20/26, 20.11.2026 */
	WORD_DATETIME			/* 2026-11-20T10:08:57Z */
};

/*
 * The whole of s[0..len) as a number: C and Fortran floating point
 * (1.5, .5, 1e-3, -1.2D+02), Fortran's exponent of three digits without its
 * letter (1.0-100), an overflown Fortran field (two or more asterisks, NaN),
 * NaN, Inf and Infinity in any case and with a sign, nan(...), and Microsoft's
 * 1.#INF, 1.#QNAN, 1.#IND.  With comma set, a comma is read as the decimal
 * point.  Sets *v and returns 1, or returns 0: not a number.
 */
int word_number(const char *s, size_t len, int comma, double *v);

/* The whole of s[0..len) as a decimal integer that fits.  1 or 0. */
int word_integer(const char *s, size_t len, int64_t *v);

/*
 * A number and what follows it at once or after blanks as its unit: "45 %",
 * "1024 MiB", "0.2ms".  The unit is one word that starts with a letter, '%' or
 * a non-ASCII character.  Sets *v, and *unit and *ulen (0 without one) to a
 * part of s.  1 or 0.
 */
int word_quantity(const char *s, size_t len, int comma, double *v,
    const char **unit, size_t *ulen);

/*
 * The start of s[0..len) as a number, up to a byte that cannot be part of it.
 * Returns the length of the number, 0 where there is none.
 */
size_t word_prefix(const char *s, size_t len, double *v);

/* 1 if the word stands for a value that is missing: empty, -, NA, [N/A]. */
int word_missing(const char *s, size_t len);

enum word_clock word_clock(const char *s, size_t len);

/* 1 if the word is in the list of the units that programs print. */
int word_unit(const char *s, size_t len);

/*
 * Takes a column's heading apart: "temp (K)", "temp[K]", "temp_[K]" into temp
 * and K; "%util" and "cpu%" into a name and %.  *nlen becomes the length of
 * the name, which begins at *name; *ulen that of the units, 0 without any.
 */
void word_heading(const char *s, size_t len, const char **name, size_t *nlen,
    const char **units, size_t *ulen);

/*
 * Writes a C identifier made of s[0..len), of at most 63 bytes: every run of
 * other characters is one underscore, none at either end; an underscore goes
 * before a leading digit; a name that begins with TEXT_ or HISTORY_, which a
 * field's must not, gets "x_" before it.  An empty result is possible.
 */
void word_name(char name[WORD_NAME_SIZE], const char *s, size_t len);

/* base_2 for number 2; base is shortened where it has to be. */
void word_numbered(char name[WORD_NAME_SIZE], const char *base,
    unsigned int number);

/*
 * Copies s[0..len) to dst as a text that is safe to keep and to show: UTF-8,
 * with '?' for each byte that is not, and for control characters; a tab is a
 * blank.  Cut to size - 1 bytes, at a whole character; NUL-terminated.  Returns
 * the length.
 */
size_t word_text(char *dst, size_t size, const char *s, size_t len);

#endif
