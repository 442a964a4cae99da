/*
 * escape.c - texts of records made safe for people, terminals and gnuplot
 */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "escape.h"

#define REPLACEMENT	"\xef\xbf\xbd"		/* U+FFFD */
#define ELLIPSIS	"\xe2\x80\xa6"		/* U+2026 */

/* Bytes of the character at s, 0 when it is not UTF-8 (RFC 3629). */
static size_t
character(const unsigned char *s, size_t len, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t i, n;

	n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 :
	    s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
	if (n == 0 || n > len)
		return 0;
	*c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	if (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return n;
}

/* Characters that show nothing and do something. */
static int
is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
	    c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || c >= 0xe0000;
}

/* The next character of s made safe into out; returns the bytes it took. */
static size_t
next(const char *s, size_t len, const char **out, size_t *n)
{
	uint32_t c = 0;
	size_t took;

	took = character((const unsigned char *)s, len, &c);
	*out = s;
	*n = took;
	if (took == 0 || is_unsafe(c)) {
		*out = c == '\t' || c == '\n' || c == '\r' ? " " : REPLACEMENT;
		*n = strlen(*out);
	}
	return took == 0 ? 1 : took;
}

/* Characters in s, counted up to max + 1. */
static size_t
count(const char *s, size_t len, size_t max)
{
	const char *out;
	size_t at, n, chars = 0;

	for (at = 0; at < len && chars <= max; chars++)
		at += next(s + at, len - at, &out, &n);
	return chars;
}

/* How a text is put: as it is, in single quotes, or in double ones. */
enum form { PLAIN, SINGLE, DOUBLE };

static void
put_character(struct buffer *b, const char *s, size_t n, enum form form)
{
	unsigned char c = (unsigned char)*s;

	if (form == DOUBLE && c < 0x80 && c != ' ' && !isalnum(c))
		/* A leading 0 makes gnuplot read four digits, else three. */
		buffer_printf(b, "\\%04o", c);
	else
		buffer_put(b, s, n);
}

static void
put(struct buffer *b, const char *s, size_t len, size_t max, enum form form)
{
	const char *out;
	size_t at = 0, n, i, left;
	int cut;

	cut = count(s, len, max) > max;
	left = cut && max > 0 ? max - 1 : max;
	for (i = 0; at < len && i < left; i++) {
		at += next(s + at, len - at, &out, &n);
		put_character(b, out, n, form);
	}
	if (cut && max > 0)
		buffer_puts(b, ELLIPSIS);
}

void
escape_text(struct buffer *b, const char *s, size_t len, size_t max)
{
	put(b, s, len, max, PLAIN);
}

/* The form for a string, and its quote into *quote. */
static enum form
form_of(const char *s, size_t len, const char **quote)
{
	int single = memchr(s, '\'', len) == NULL;

	*quote = single ? "'" : "\"";
	return single ? SINGLE : DOUBLE;
}

void
escape_quoted(struct buffer *b, const char *s, size_t len, size_t max)
{
	const char *quote;
	enum form form = form_of(s, len, &quote);

	buffer_puts(b, quote);
	put(b, s, len, max, form);
	buffer_puts(b, quote);
}

void
escape_value(struct buffer *b, const char *s, size_t len, size_t max)
{
	const char *quote;
	enum form form = form_of(s, len, &quote);
	size_t at = 0;

	while (at < len && strchr(" \t\r\n\f\v", s[at]) != NULL && s[at] != 0)
		at++;
	buffer_puts(b, quote);
	put(b, s, at, max, form);
	if (at < len && (s[at] == '<' || s[at] == '|' ||
	    (s[at] == '-' && at + 1 == len))) {
		buffer_puts(b, s[at] == '<' ? "\xe2\x80\xb9" :
		    s[at] == '|' ? "\xc2\xa6" : "\xe2\x80\x90");
		at++;
	}
	if (max > at)
		put(b, s + at, len - at, max - at, form);
	buffer_puts(b, quote);
}

size_t
escape_width(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}
