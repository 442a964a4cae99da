/*
 * cells: a printed line taken apart into words.
 *
 * Always true: a cell lies within the line; its quotes and the blanks around
 * it are left out.
 */

#include <math.h>
#include <string.h>

#include "cells.h"
#include "word.h"

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct span
cells_trim(const char *s, size_t n)
{
	while (n > 0 && is_blank(*s)) {
		s++;
		n--;
	}
	while (n > 0 && is_blank(s[n - 1]))
		n--;
	return (struct span){ s, n };
}

int
cells_same(struct span a, const char *b)
{
	return strlen(b) == a.n && memcmp(a.s, b, a.n) == 0;
}

/* The word in quotes that begins at s[i], or 0: no quotes that end well. */
static size_t
quoted(const char *s, size_t i, size_t n, char separator, struct span *word)
{
	size_t k;

	if (s[i] != '"')
		return 0;
	for (k = i + 1; k < n; k++) {
		if (s[k] != '"')
			continue;
		if (k + 1 < n && s[k + 1] == '"') {
			k++;
			continue;
		}
		break;
	}
	if (k >= n)
		return 0;
	*word = (struct span){ s + i + 1, k - i - 1 };
	for (k++; k < n && is_blank(s[k]) && s[k] != separator; k++)
		continue;
	if (k < n && s[k] != separator && !(separator == ' ' &&
	    is_blank(s[k - 1])))
		return 0;
	return k;
}

/* Splits at each separator; cells are trimmed, and may be empty. */
static size_t
split_at(const char *s, size_t n, char separator, struct span *cells)
{
	size_t count = 0, i = 0, end;
	const char *p;

	if (separator == '|' && n > 1 && s[0] == '|') {
		i = 1;
		n -= s[n - 1] == '|';
	}
	for (;; i = end + 1) {
		if (count == CELLS_MAX)
			return CELLS_MAX + 1;
		while (i < n && is_blank(s[i]) && s[i] != separator)
			i++;
		if (i < n && (end = quoted(s, i, n, separator,
		    &cells[count])) > 0) {
			count++;
		} else {
			p = i < n ? memchr(s + i, separator, n - i) : NULL;
			end = p != NULL ? (size_t)(p - s) : n;
			cells[count++] = cells_trim(s + i,
			    end > i ? end - i : 0);
		}
		if (end >= n)
			return count;
	}
}

/*
 * Words between blanks.  A date and the time of day after it are one word, and
 * so are a time and its AM or PM.
 */
static size_t
split_blanks(const char *s, size_t n, struct span *cells)
{
	size_t count = 0, i = 0, end;
	struct span *last;
	enum word_clock before = WORD_NO_CLOCK, now;

	for (;;) {
		while (i < n && is_blank(s[i]))
			i++;
		if (i == n)
			return count;
		if (count == CELLS_MAX)
			return CELLS_MAX + 1;
		if ((end = quoted(s, i, n, ' ', &cells[count])) == 0) {
			for (end = i; end < n && !is_blank(s[end]);)
				end++;
			cells[count] = (struct span){ s + i, end - i };
		}
		last = count > 0 ? &cells[count - 1] : NULL;
		now = word_clock(cells[count].s, cells[count].n);
		if ((before == WORD_DATE && now == WORD_TIME) ||
		    (before == WORD_TIME && (cells_same(cells[count], "AM") ||
		    cells_same(cells[count], "PM"))))
			last->n = (size_t)(cells[count].s + cells[count].n -
			    last->s);
		else
			count++;
		before = now;
		i = end;
	}
}

size_t
cells_split(const char *s, size_t n, char separator, struct span *cells)
{
	return separator == ' ' ? split_blanks(s, n, cells) :
	    split_at(s, n, separator, cells);
}

static int
is_bracketed(struct span cell)
{
	char first, last;

	if (cell.n < 3)
		return 0;
	first = cell.s[0];
	last = cell.s[cell.n - 1];
	return (first == '(' && last == ')') || (first == '[' && last == ']');
}

size_t
cells_headings(const char *s, size_t n, struct span *cells)
{
	size_t count = split_blanks(s, n, cells), i, k = 0;

	if (count > CELLS_MAX)
		return count;
	for (i = 0; i < count; i++) {
		if (k > 0 && is_bracketed(cells[i]))
			cells[k - 1].n = (size_t)(cells[i].s + cells[i].n -
			    cells[k - 1].s);
		else
			cells[k++] = cells[i];
	}
	return k;
}

size_t
cells_wide(const char *s, size_t n, struct span *cells)
{
	size_t count = 0, i = 0, end;

	for (;;) {
		while (i < n && is_blank(s[i]))
			i++;
		if (i == n)
			return count;
		if (count == CELLS_MAX)
			return CELLS_MAX + 1;
		for (end = i; end < n && s[end] != '\t' &&
		    !(end + 1 < n && is_blank(s[end]) && is_blank(s[end + 1]));)
			end++;
		cells[count++] = cells_trim(s + i, end - i);
		i = end;
	}
}

/* A cell as a number.  Where blanks do not separate, units may follow it. */
enum cells_value
cells_value(struct span cell, char separator, double *v, struct span *units)
{
	int comma = separator == ';' || separator == '\t';

	*units = (struct span){ cell.s, 0 };
	if (word_number(cell.s, cell.n, comma, v))
		return CELLS_NUMBER;
	if (word_quantity(cell.s, cell.n, comma, v, &units->s, &units->n) &&
	    (separator != ' ' || cells_same(*units, "%")))
		return CELLS_NUMBER;
	*v = NAN;
	return word_missing(cell.s, cell.n) ? CELLS_MISSING : CELLS_NOT;
}

struct cells_look
cells_look(const struct span *cells, size_t n, char separator)
{
	struct cells_look l = { 0 };
	struct span units;
	double v;
	size_t i;

	for (i = 0; i < n; i++) {
		switch (cells_value(cells[i], separator, &v, &units)) {
		case CELLS_NUMBER:
			if (isnan(v) && cells[i].s[0] == '*')
				l.missing++;
			else
				l.numbers++;
			break;
		case CELLS_MISSING:
			l.missing++;
			break;
		case CELLS_NOT:
			if (word_clock(cells[i].s, cells[i].n))
				l.clocks++;
			else
				l.words++;
			break;
		}
	}
	return l;
}

/* The first word of a row that is neither a number nor a time, or n. */
size_t
cells_first_word(const struct span *cells, size_t n, char separator)
{
	struct span units;
	double v;
	size_t i;

	for (i = 0; i < n; i++)
		if (word_clock(cells[i].s, cells[i].n) == WORD_NO_CLOCK)
			break;
	return i < n && cells_value(cells[i], separator, &v, &units) ==
	    CELLS_NOT ? i : n;
}
