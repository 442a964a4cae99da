/*
 * word: what one printed word means.
 *
 * Always true: no function reads outside s[0..len), whatever the bytes are,
 * and a word is a number only if all of it is.
 */

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "word.h"

#define DEGREE "\xc2\xb0"
#define MICRO "\xc2\xb5"		/* the sign; MU is the Greek letter */
#define MU "\xce\xbc"

/* Longer than any number a program prints; longer words are no numbers. */
#define NUMBER_MAX	127

/* ctype.h depends on the locale and on the sign of char. */
static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int
is_sign(char c)
{
	return c == '+' || c == '-';
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int
equals(const char *s, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(s, word, len) == 0;
}

static size_t
digits(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && is_digit(s[n]))
		n++;
	return n;
}

/*
 * NaN and infinities, of C, Fortran and Microsoft, after the sign.  Returns
 * the length of what was understood, or 0.
 */
static size_t
special(const char *s, size_t len, double *v)
{
	static const struct {
		const char *word;
		double value;
	} words[] = {
		{ "infinity", INFINITY }, { "inf", INFINITY }, { "nan", NAN },
		{ "1.#inf", INFINITY }, { "1.#qnan", NAN },
		{ "1.#snan", NAN }, { "1.#ind", NAN },
	};
	size_t i, n;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		n = strlen(words[i].word);
		if (n <= len && strncasecmp(s, words[i].word, n) == 0)
			break;
	}
	if (i == sizeof(words) / sizeof(words[0]))
		return 0;
	*v = words[i].value;
	if (isnan(*v) && n < len && s[n] == '(') {	/* nan(ind) */
		const char *end = memchr(s + n, ')', len - n);

		if (end != NULL)
			n = (size_t)(end - s) + 1;
	} else if (words[i].word[0] == '1')		/* 1.#INF00 */
		n += digits(s + n, len - n);
	return n;
}

/* The length of an exponent at s, letter or not; *bare if it has no letter. */
static size_t
exponent(const char *s, size_t len, int *bare)
{
	size_t i = 0, n;

	*bare = 0;
	if (len > 0 && strchr("eEdDqQ", s[0]) != NULL && s[0] != '\0') {
		i = 1;
		if (i < len && is_sign(s[i]))
			i++;
		n = digits(s + i, len - i);
		return n > 0 ? i + n : 0;
	}
	if (len > 0 && is_sign(s[0]) && digits(s + 1, len - 1) == 3) {
		*bare = 1;
		return 4;
	}
	return 0;
}

static size_t
prefix(const char *s, size_t len, int comma, double *v)
{
	char buf[NUMBER_MAX + 2];
	size_t i = 0, frac, whole, e, k = 0, n;
	int bare, point = 0;

	if (i < len && is_sign(s[i]))
		i++;
	if ((n = special(s + i, len - i, v)) > 0) {
		if (s[0] == '-')
			*v = -*v;
		return i + n;
	}
	whole = digits(s + i, len - i);
	i += whole;
	frac = 0;
	if (i < len && (s[i] == '.' || (comma && s[i] == ','))) {
		point = 1;
		frac = digits(s + i + 1, len - i - 1);
		i += 1 + frac;
	}
	if (whole + frac == 0 || i > NUMBER_MAX)
		return 0;
	e = exponent(s + i, len - i, &bare);
	if (bare && !point)		/* 12-345 is no number; 1.2-345 is */
		e = 0;
	if (i + e > NUMBER_MAX)
		e = 0;
	memcpy(buf, s, i);
	k = i;
	if (e > 0) {
		buf[k++] = 'e';
		memcpy(buf + k, s + i + !bare, e - !bare);
		k += e - !bare;
	}
	buf[k] = '\0';
	for (n = 0; comma && n < i; n++)
		if (buf[n] == ',')
			buf[n] = '.';
	*v = strtod(buf, NULL);
	return i + e;
}

size_t
word_prefix(const char *s, size_t len, double *v)
{
	return prefix(s, len, 0, v);
}

int
word_number(const char *s, size_t len, int comma, double *v)
{
	size_t stars = 0;

	if (len == 0)
		return 0;
	while (stars < len && s[stars] == '*')
		stars++;
	if (stars == len && len >= 2) {
		*v = NAN;
		return 1;
	}
	return prefix(s, len, comma, v) == len;
}

int
word_integer(const char *s, size_t len, int64_t *v)
{
	size_t i = len > 0 && is_sign(s[0]);
	uint64_t u = 0, limit = (uint64_t)INT64_MAX;
	unsigned int d;

	if (i == len)
		return 0;
	if (s[0] == '-')
		limit++;
	for (; i < len; i++) {
		if (!is_digit(s[i]))
			return 0;
		d = (unsigned int)(s[i] - '0');
		if (u > (limit - d) / 10)
			return 0;
		u = u * 10 + d;
	}
	if (s[0] != '-')
		*v = (int64_t)u;
	else
		*v = u == 0 ? 0 : -(int64_t)(u - 1) - 1;
	return 1;
}

int
word_quantity(const char *s, size_t len, int comma, double *v,
    const char **unit, size_t *ulen)
{
	size_t i, n;

	*ulen = 0;
	*unit = s + len;
	if (word_number(s, len, comma, v))
		return 1;
	if ((i = prefix(s, len, comma, v)) == 0)
		return 0;
	while (i < len && is_blank(s[i]))
		i++;
	if (i == len || !(is_alpha(s[i]) || s[i] == '%' || (s[i] & 0x80)))
		return 0;
	for (n = i; n < len; n++)
		if (is_blank(s[n]) || s[n] == '=' || s[n] == ':')
			return 0;
	*unit = s + i;
	*ulen = len - i;
	return 1;
}

int
word_missing(const char *s, size_t len)
{
	static const char *const words[] = {
		"-", "--", "NA", "N/A", "[N/A]", "null", "none",
		"[Not Supported]", "[Unknown Error]", "?"
	};
	size_t i;

	if (len == 0)
		return 1;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (equals(s, len, words[i]))
			return 1;
	return 0;
}

/* hh:mm[:ss[.fff]], the length of it, or 0. */
static size_t
time_of_day(const char *s, size_t len)
{
	size_t i, n;

	n = digits(s, len);
	if (n < 1 || n > 3 || n + 2 >= len || s[n] != ':' ||
	    digits(s + n + 1, len - n - 1) != 2)
		return 0;
	i = n + 3;
	if (i < len && s[i] == ':') {
		if (digits(s + i + 1, len - i - 1) != 2)
			return 0;
		i += 3;
	}
	if (i < len && (s[i] == '.' || s[i] == ','))
		i += 1 + digits(s + i + 1, len - i - 1);
	return i;
}

/* Three numbers with '-', '/' or '.' between them, the length, or 0. */
static size_t
date(const char *s, size_t len)
{
	size_t a, b, c, i;

	a = digits(s, len);
	if (a < 1 || a > 4 || a >= len || strchr("-/.", s[a]) == NULL)
		return 0;
	i = a + 1;
	b = digits(s + i, len - i);
	if (b < 1 || b > 2 || i + b >= len || s[i + b] != s[a])
		return 0;
	i += b + 1;
	c = digits(s + i, len - i);
	if (c < 1 || (a != 4 && c != 2 && c != 4))
		return 0;
	return i + c;
}

enum word_clock
word_clock(const char *s, size_t len)
{
	size_t d, t;

	if (len > 0 && s[0] == '[' && s[len - 1] == ']')
		return len > 2 ? word_clock(s + 1, len - 2) : WORD_NO_CLOCK;
	if (len > 40)
		return WORD_NO_CLOCK;
	if (len > 3 && s[len - 3] == ' ' && s[len - 1] == 'M' &&
	    (s[len - 2] == 'A' || s[len - 2] == 'P'))
		len -= 3;
	if ((t = time_of_day(s, len)) > 0 && t == len)
		return WORD_TIME;
	if ((d = date(s, len)) == 0)
		return WORD_NO_CLOCK;
	if (d == len)
		return WORD_DATE;
	if ((s[d] != 'T' && s[d] != '_' && !is_blank(s[d])) ||
	    (t = time_of_day(s + d + 1, len - d - 1)) == 0)
		return WORD_NO_CLOCK;
	for (d += 1 + t; d < len; d++)		/* a zone: Z, +01:00 */
		if (!is_digit(s[d]) && strchr("Z+-:", s[d]) == NULL)
			return WORD_NO_CLOCK;
	return WORD_DATETIME;
}

int
word_unit(const char *s, size_t len)
{
	static const char *const units[] = {
		"%", "s", "ms", "us", MICRO "s", MU "s", "ns", "ps",
		"fs", "sec", "secs", "second", "seconds", "min", "h", "hours",
		"days", "K", "C", DEGREE "C", "degC", "Pa", "hPa", "kPa",
		"MPa", "GPa", "bar", "mbar", "atm", "eV", "meV", "keV", "MeV",
		"GeV", "Ry", "Ha", "Hartree", "hartree", "J", "kJ", "MJ",
		"kJ/mol", "kcal/mol", "eV/atom", "W", "mW", "kW", "MW", "V",
		"mV", "kV", "A", "mA", "Hz", "kHz", "MHz", "GHz", "B", "kB",
		"KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB", "bytes",
		"B/s", "kB/s", "KB/s", "MB/s", "GB/s", "KiB/s", "MiB/s",
		"GiB/s", "bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Kbits/sec",
		"Mbits/sec", "Gbits/sec", "MBytes", "GBytes", "m", "mm", "um",
		MICRO "m", MU "m", "nm", "pm", "cm", "km", "m/s", "km/s", "kg",
		"g", "mg", "N", "kN", "T", "mT", "G", "mol", "rad", "deg",
		"it/s", "steps/s", "ns/day", "GFLOPS", "GFLOP/s", "Gflop/s",
		"TFLOPS"
	};
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i]) == len && memcmp(s, units[i], len) == 0)
			return 1;
	return 0;
}

static void
trim(const char **s, size_t *len)
{
	while (*len > 0 && is_blank((*s)[0])) {
		(*s)++;
		(*len)--;
	}
	while (*len > 0 && is_blank((*s)[*len - 1]))
		(*len)--;
}

void
word_heading(const char *s, size_t len, const char **name, size_t *nlen,
    const char **units, size_t *ulen)
{
	size_t i;
	char open;

	trim(&s, &len);
	*name = s;
	*nlen = len;
	*units = s + len;
	*ulen = 0;
	if (len > 1 && s[0] == '%') {
		(*name)++;
		(*nlen)--;
		*units = s;
		*ulen = 1;
		return;
	}
	if (len > 1 && s[len - 1] == '%') {
		(*nlen)--;
		*units = s + len - 1;
		*ulen = 1;
		return;
	}
	if (len < 3 || (s[len - 1] != ')' && s[len - 1] != ']'))
		return;
	open = s[len - 1] == ')' ? '(' : '[';
	for (i = len - 1; i > 0 && s[i] != open; i--)
		continue;
	if (i == 0)			/* no name before it, or not opened */
		return;
	*units = s + i + 1;
	*ulen = len - i - 2;
	while (i > 0 && (is_blank(s[i - 1]) || s[i - 1] == '_'))
		i--;
	*nlen = i;
	trim(units, ulen);
}

void
word_name(char name[WORD_NAME_SIZE], const char *s, size_t len)
{
	char buf[WORD_NAME_SIZE];
	const char *before = "";
	size_t i, n = 0, lead;
	int gap = 0;

	for (i = 0; i < len; i++) {
		if (!is_alpha(s[i]) && !is_digit(s[i]) && s[i] != '_') {
			gap = n > 0;
			continue;
		}
		lead = gap || (n == 0 && is_digit(s[i]));
		if (n + lead + 1 > WORD_NAME_SIZE - 1)
			break;
		if (lead)
			buf[n++] = '_';
		gap = 0;
		buf[n++] = s[i];
	}
	if (n == 1 && buf[0] == '_')
		n = 0;
	buf[n] = '\0';
	if (strncmp(buf, "TEXT_", 5) == 0 || strncmp(buf, "HISTORY_", 8) == 0)
		before = "x_";
	snprintf(name, WORD_NAME_SIZE, "%s%.*s", before,
	    (int)(WORD_NAME_SIZE - 1 - strlen(before)), buf);
}

void
word_numbered(char name[WORD_NAME_SIZE], const char *base,
    unsigned int number)
{
	char suffix[16];
	int n = snprintf(suffix, sizeof(suffix), "_%u", number);

	snprintf(name, WORD_NAME_SIZE, "%.*s%s", WORD_NAME_SIZE - 1 - n, base,
	    suffix);
}

/* The length of the UTF-8 character at s, or 0 if it is none or no graphic. */
static size_t
character(const unsigned char *s, size_t len)
{
	size_t i, n;
	uint32_t c;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
		return 0;
	c = s[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if ((n == 2 && c < 0xa0) ||		/* C1 controls */
	    (n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) ||
	    (n == 4 && (c < 0x10000 || c > 0x10ffff)))
		return 0;
	if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return 0;		/* reorder what is beside them */
	return n;
}

size_t
word_text(char *dst, size_t size, const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t i, n, k = 0;

	for (i = 0; i < len && k < size - 1; i += n) {
		if ((n = character(u + i, len - i)) == 0) {
			dst[k++] = s[i] == '\t' ? ' ' : '?';
			n = 1;
			continue;
		}
		if (n > size - 1 - k)
			break;
		memcpy(dst + k, s + i, n);
		k += n;
	}
	dst[k] = '\0';
	return k;
}
