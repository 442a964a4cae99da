/*
 * pairs: the "name = value" of a printed line.
 *
 * Always true: a line is taken by the rules for sentences only where a name is
 * tied to its '=', and else only if nothing in it is left over; prose with a
 * number in it is no pair.
 */

#include <string.h>
#include <strings.h>

#include "pairs.h"
#include "word.h"

/* A name of more words is a sentence. */
#define NAME_WORDS_MAX	6

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	    (c & 0x80);
}

/* What ends a value, or stands between pairs. */
static int
is_mark(char c)
{
	return c != '\0' && strchr(",;|)]}:", c) != NULL;
}

static int
is_name_char(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr(".%/-()[]+", c) != NULL);
}

static size_t
skip_blanks(const char *s, size_t i, size_t len)
{
	while (i < len && is_blank(s[i]))
		i++;
	return i;
}

/* The end of the word that begins at i. */
static size_t
word_end(const char *s, size_t i, size_t len)
{
	while (i < len && !is_blank(s[i]) && strchr("=,;|:", s[i]) == NULL)
		i++;
	return i;
}

/*
 * The units behind a number that ends at i: at once, in brackets, a known one
 * after a blank, or one word that is the rest of the line.  Returns where the
 * next thing begins; i itself if there are none.
 */
static size_t
take_units(const char *s, size_t i, size_t len, struct pair *p)
{
	size_t at = skip_blanks(s, i, len), end = word_end(s, at, len), tail,
	    next;
	char open = at < len ? s[at] : '\0';

	p->units = s + i;
	p->units_len = 0;
	if (end == at)
		return i;
	if ((open == '(' || open == '[') && end - at > 2 &&
	    s[end - 1] == (open == '(' ? ')' : ']') && is_letter(s[at + 1])) {
		p->units = s + at + 1;
		p->units_len = end - at - 2;
		return end;
	}
	for (tail = end; tail > at && is_mark(s[tail - 1]); tail--)
		continue;
	if (tail == at || (!is_letter(open) && open != '%'))
		return i;
	if (end < len && (s[end] == '=' || s[end] == ':'))
		return i;
	if (at > i && !word_unit(s + at, tail - at) &&
	    skip_blanks(s, end, len) != len)
		return i;
	while (at > i) {				/* kg m/s */
		next = skip_blanks(s, tail, len);
		end = word_end(s, next, len);
		if (!word_unit(s + next, end - next))
			break;
		tail = end;
	}
	end = tail;
	if (at > i && skip_blanks(s, end, len) < len &&
	    s[skip_blanks(s, end, len)] == '=')
		return i;			/* it is the next name */
	p->units = s + at;
	p->units_len = tail - at;
	return tail;
}

/*
 * A number at i with its units; "3/10" and "3 of 10" are 3.  Returns the index
 * behind it, or i: none, or it goes on as something else.
 */
static size_t
take_number(const char *s, size_t i, size_t len, struct pair *p)
{
	size_t n, k, total;
	double of;

	k = word_end(s, i, len);
	if (k - i >= 2 && word_number(s + i, k - i, 0, &p->v))
		n = k - i;			/* also ***** */
	else if ((n = word_prefix(s + i, len - i, &p->v)) == 0)
		return i;
	p->value = s + i;
	p->value_len = n;
	p->number = 1;
	k = i + n;
	if (k + 1 < len && s[k] == '/' &&
	    (total = word_prefix(s + k + 1, len - k - 1, &of)) > 0)
		k += 1 + total;
	else if (k + 4 < len && memcmp(s + k, " of ", 4) == 0 &&
	    (total = word_prefix(s + k + 4, len - k - 4, &of)) > 0)
		k += 4 + total;
	n = take_units(s, k, len, p);
	if (n < len && !is_blank(s[n]) && !is_mark(s[n]))
		return i;
	if (n + 1 < len && s[n] == ':' && !is_blank(s[n + 1]))
		return i;			/* 10:20:30, 1.2.3.4:5 */
	return n;
}

/* A word, or a text in quotes, as the value at i. */
static size_t
take_word(const char *s, size_t i, size_t len, struct pair *p)
{
	const char *q;
	size_t k = i;

	p->number = 0;
	if (s[i] == '"' && (q = memchr(s + i + 1, '"', len - i - 1)) != NULL) {
		p->value = s + i + 1;
		p->value_len = (size_t)(q - p->value);
		return (size_t)(q - s) + 1;
	}
	while (k < len && !is_blank(s[k]) && strchr(",;|}", s[k]) == NULL)
		k++;
	p->value = s + i;
	p->value_len = k - i;
	return k;
}

/* The name tied to the '=' at i; it does not begin before from.  1 or 0. */
static int
tied_name(const char *s, size_t from, size_t i, struct pair *p)
{
	size_t b = i;

	while (b > from && is_name_char(s[b - 1]))
		b--;
	while (b < i && !is_letter(s[b]))
		b++;
	p->name = s + b;
	p->name_len = i - b;
	return b < i;
}

/* Pairs in prose.  The number of pairs; max + 1 stands for more. */
static size_t
tied(const char *s, size_t len, struct pair *pairs, size_t max)
{
	size_t i, at, end, from = 0, n = 0;
	struct pair p;

	for (i = 1; i + 1 < len; i++) {
		if (s[i] != '=' || !tied_name(s, from, i, &p))
			continue;
		at = skip_blanks(s, i + 1, len);
		if (at == len || s[at] == '=')
			continue;
		if ((end = take_number(s, at, len, &p)) == at) {
			if (at > i + 1)
				continue;
			end = take_word(s, at, len, &p);
		}
		if (n == max)
			return max + 1;
		if (end == at)
			continue;
		pairs[n++] = p;
		from = end;
		i = end > i ? end - 1 : i;
	}
	return n;
}

/* These are known to count, so one of them alone is a pair. */
static int
is_counter(const struct pair *p)
{
	static const char *const words[] = {
		"step", "t", "time", "iter", "iteration", "epoch", "frame"
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == p->name_len &&
		    strncasecmp(words[i], p->name, p->name_len) == 0)
			return 1;
	return 0;
}

/*
 * A name at i, up to '=', ':' or, where it is one word, a number.  *marked
 * tells which.  Returns the index of what follows, or 0: no name.
 */
static size_t
take_name(const char *s, size_t i, size_t len, struct pair *p, int *marked)
{
	size_t end = i, at, words;
	double v;

	if (!is_letter(s[i]))
		return 0;
	p->name = s + i;
	*marked = 1;
	for (words = 1; words <= NAME_WORDS_MAX; words++) {
		end = word_end(s, end, len);
		p->name_len = (size_t)(s + end - p->name);
		at = skip_blanks(s, end, len);
		if (at == len || strchr(",;|", s[at]) != NULL)
			return 0;
		if (s[at] == '=' || s[at] == ':')
			return skip_blanks(s, at + 1, len);
		if (at == end)
			return 0;
		if (words == 1 && (s[at] == '[' ||
		    word_prefix(s + at, len - at, &v) > 0)) {
			*marked = 0;
			return at;
		}
		end = at;
	}
	return 0;
}

/* Pairs from end to end. */
static size_t
covered(const char *s, size_t len, struct pair *pairs, size_t max)
{
	size_t i, at, n = 0, bare = 0;
	int marked, bracket;

	for (i = 0; i < len && strchr("*-!>", s[i]) != NULL;)
		i = skip_blanks(s, i + 1, len);
	while (i < len) {
		if (n == max)
			return max + 1;
		if ((at = take_name(s, i, len, &pairs[n], &marked)) == 0 ||
		    at == len)
			return 0;
		bracket = s[at] == '[' && at + 1 < len;
		at += (size_t)bracket;
		if ((i = take_number(s, at, len, &pairs[n])) == at)
			return 0;
		if (bracket && (i == len || s[i++] != ']'))
			return 0;
		bare += !marked && !is_counter(&pairs[n]);
		n++;
		while (i < len && (is_blank(s[i]) ||
		    strchr(",;|:)", s[i]) != NULL))
			i++;
	}
	return bare == 1 && n == 1 ? 0 : n;
}

/* The text in quotes of either kind at i.  Returns what follows it, or i. */
static size_t
take_quoted(const char *s, size_t i, size_t len, const char **text,
    size_t *text_len)
{
	const char *end;

	if (i + 1 >= len || (s[i] != '"' && s[i] != '\'') ||
	    (end = memchr(s + i + 1, s[i], len - i - 1)) == NULL)
		return i;
	*text = s + i + 1;
	*text_len = (size_t)(end - *text);
	return (size_t)(end - s) + 1;
}

/* {"step": 5, 'phase': "train"}: flat JSON, or a dictionary of Python's. */
static size_t
object(const char *s, size_t len, struct pair *pairs, size_t max)
{
	size_t i = skip_blanks(s, 1, len), at, n = 0;
	struct pair *p;

	while (i < len && n < max) {
		p = &pairs[n++];
		p->number = 0;
		if ((at = take_quoted(s, i, len, &p->name, &p->name_len)) == i)
			return 0;
		at = skip_blanks(s, at, len);
		if (at == len || s[at] != ':')
			return 0;
		i = skip_blanks(s, at + 1, len);
		at = take_quoted(s, i, len, &p->value, &p->value_len);
		if (at == i && i < len)
			at = take_number(s, i, len, p);
		if (at == i && i < len)
			at = take_word(s, i, len, p);
		i = skip_blanks(s, at, len);
		if (i + 1 == len && s[i] == '}')
			return n;
		if (i == len || s[i] != ',')
			return 0;
		i = skip_blanks(s, i + 1, len);
	}
	return 0;
}

/* "5/10 [====] - 1s - loss: 0.5 - acc: 0.9": parts that are pairs. */
static size_t
parts(const char *s, size_t len, struct pair *pairs, size_t max)
{
	size_t i, begin = 0, n = 0, k, found = 0;

	for (i = 0; i <= len; i++) {
		if (i < len && (i == 0 || i + 1 == len ||
		    (s[i] != '-' && s[i] != '|') || !is_blank(s[i - 1]) ||
		    !is_blank(s[i + 1])))
			continue;
		for (k = i; k > begin && is_blank(s[k - 1]);)
			k--;
		begin = skip_blanks(s, begin, k);
		k = k > begin ? covered(s + begin, k - begin, pairs + n,
		    max - n) : 0;
		if (k > max - n)
			return max + 1;
		found += k > 0;
		n += k;
		begin = i + 1;
	}
	return found > 1 ? n : 0;
}

size_t
pairs_scan(const char *s, size_t len, struct pair *pairs, size_t max)
{
	size_t n, i, numbers = 0;

	if (len == 0 || memchr(s, '\0', len) != NULL)
		return 0;
	if (s[0] == '{')
		n = object(s, len, pairs, max);
	else if ((n = covered(s, len, pairs, max)) == 0 &&
	    (n = parts(s, len, pairs, max)) == 0)
		n = tied(s, len, pairs, max);
	for (i = 0; i < n && n <= max; i++)
		numbers += (size_t)pairs[i].number;
	return n <= max && numbers > 0 ? n : 0;
}
