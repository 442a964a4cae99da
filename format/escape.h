/*
 * escape.h - texts of records made safe for people, terminals and gnuplot
 *
 * Records come from other machines.  What comes out of here is well-formed
 * UTF-8 without control characters (C0, DEL, C1), without line and paragraph
 * separators and without the characters that turn the direction of writing;
 * each such character, and each byte that is not UTF-8, becomes one U+FFFD, a
 * tab or line end a space.
 */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stddef.h>

#include "buffer.h"

/*
 * Append at most max characters of s, len bytes; a longer text ends in an
 * ellipsis, which counts.
 */
void escape_text(struct buffer *b, const char *s, size_t len, size_t max);

/*
 * The same as a gnuplot string.  It stands in single quotes, in which
 * gnuplot gives no character a meaning but the quote itself.  A text with
 * that (doubling it fails where it comes first) stands in double quotes, and
 * there only letters, digits, spaces and what is not ASCII stand for
 * themselves, all else is octal: no backquote or backslash of the text's is
 * there to be found.
 */
void escape_quoted(struct buffer *b, const char *s, size_t len, size_t max);

/*
 * The same for a text that a script may use where gnuplot takes a file.
 * There a leading < or | would start a program, and - alone read on in the
 * commands: these, after whatever spaces, become U+2039, U+00A6 and U+2010,
 * which look alike.
 */
void escape_value(struct buffer *b, const char *s, size_t len, size_t max);

/* Columns that a text, as it comes from escape_text(), is about wide. */
size_t escape_width(const char *s);

#endif
