/*
 * uses.c - the macros that a script uses, and how
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "uses.h"

static int
is_name(int c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Behind the string that begins at s with its quote. */
static const char *
behind_quotes(const char *s)
{
	char quote = *s++;

	for (; *s != '\0' && *s != '\n'; s++) {
		if (quote == '"' && *s == '\\' && s[1] != '\0')
			s++;
		else if (*s == quote)
			return s + 1;
	}
	return s;
}

static const char *
skip_blanks(const char *s, const char *end)
{
	while (s < end && (isspace((unsigned char)*s) || *s == '\\'))
		s++;
	return s;
}

/* Where the element of a plot command, of which s is inside, ends. */
static const char *
element_end(const char *s)
{
	int depth = 0;

	for (; *s != '\0'; s++) {
		if (*s == '\'' || *s == '"')
			s = behind_quotes(s) - 1;
		else if (strchr("([{", *s) != NULL)
			depth++;
		else if (strchr(")]}", *s) != NULL && depth-- == 0)
			break;
		else if (*s == '\\' && s[1] == '\n')
			s++;
		else if (*s == '\n' || *s == '#' || (depth == 0 &&
		    (*s == ',' || *s == ';')))
			break;
	}
	return s;
}

/* Whether "using" takes the columns as they are; *s is moved behind it. */
static int
using_is_plain(const char **s, const char *end)
{
	const char *p = skip_blanks(*s, end);

	if (end - p < 3 || p[0] != '1' || p[1] != ':')
		return 0;
	p += 2;
	*s = p + 1;
	return *p == '2' && (p + 1 == end || (!is_name(p[1]) && p[1] != ':'));
}

static int
begins(const char *word, size_t len, const char *with, size_t least)
{
	return len >= least && len <= strlen(with) &&
	    strncmp(word, with, len) == 0;
}

/* Words by which points count one by one. */
static int
is_apart(const char *word, size_t len)
{
	static const char *const words[] = { "smooth", "every", "index",
		"palette", "variable", "bins", "filter", "sharpen",
		"convexhull", "concavehull" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (begins(word, len, words[i], i < 2 ? 2 : 1))
			return 1;
	return 0;
}

/* What stands behind a macro in its element: are lines drawn by it? */
static int
draws_lines(const struct uses *u, const char *s, const char *end)
{
	int lines = u->data_lines;
	const char *word;
	size_t len;

	while (s < end) {
		if (*s == '\'' || *s == '"') {
			s = behind_quotes(s);
			continue;
		}
		if (!is_name(*s)) {
			s++;
			continue;
		}
		for (word = s; s < end && is_name(*s); s++)
			continue;
		len = (size_t)(s - word);
		if (begins(word, len, "using", 1)) {
			if (!using_is_plain(&s, end))
				return 0;
		} else if (begins(word, len, "with", 1)) {
			word = s = skip_blanks(s, end);
			for (; s < end && is_name(*s); s++)
				continue;
			if (!begins(word, (size_t)(s - word), "lines", 1))
				return 0;
			lines = 1;
		} else if (is_apart(word, len)) {
			return 0;
		}
	}
	return lines;
}

void
uses_settings(struct uses *u, const char *text)
{
	const char *s;

	if (text == NULL)
		return;
	u->log |= strstr(text, "log") != NULL;
	u->odd |= strstr(text, "pol") != NULL ||
	    strstr(text, "nonlin") != NULL || strstr(text, "link") != NULL;
	if ((s = strstr(text, "style data ")) != NULL)
		u->data_lines = begins(s + 11, strcspn(s + 11, " ;\n"),
		    "lines", 1);
}

/* The use of that name, made if need be; NULL: there is no room. */
static struct use *
use_get(struct uses *u, const char *name, size_t len)
{
	struct use *use;
	unsigned i;

	for (i = 0; i < u->n; i++) {
		use = &u->use[i];
		if (strlen(use->name) == len &&
		    memcmp(use->name, name, len) == 0)
			return use;
	}
	if (u->n == USES_MOST)
		return NULL;
	use = &u->use[u->n++];
	memcpy(use->name, name, len);
	use->name[len] = '\0';
	use->lines = 1;
	return use;
}

int
uses_add(struct uses *u, const char *text)
{
	const char *at = text;
	char name[1024];
	struct use *use;
	size_t len;

	if (u->use == NULL)
		u->use = calloc(USES_MOST, sizeof(*u->use));
	if (u->use == NULL)
		return -1;
	uses_settings(u, text);
	while ((at = strchr(at, '@')) != NULL) {
		at++;
		for (len = 0; is_name(at[len]); len++)
			continue;
		if (len == 0 || len > USES_NAME_MAX ||
		    (use = use_get(u, at, len)) == NULL)
			continue;
		use->lines = use->lines && draws_lines(u, at + len,
		    element_end(at + len));
	}
	for (at = text; uses_load(&at, name, sizeof(name), &u->computed);)
		continue;
	u->computed |= strstr(text, "eval") != NULL;
	return 0;
}

/* Whether at s, behind a name, it gets a value: name =, [name in, [name=. */
static int
gets_value(const char *s)
{
	s += strspn(s, " \t");
	return (s[0] == '=' && s[1] != '=') || (strncmp(s, "in", 2) == 0 &&
	    !is_name(s[2]));
}

/* Whether the text gives it a value, or asks exists('name'). */
static int
is_known(const char *text, const char *name)
{
	const char *s = text, *p;
	size_t len = strlen(name);

	for (; (s = strstr(s, name)) != NULL; s += len) {
		if (s == text || is_name(s[len]) || is_name(s[-1]))
			continue;
		if (s[-1] != '@' && gets_value(s + len))
			return 1;
		p = s - 1;
		if (*p != '\'' && *p != '"')
			continue;
		while (p > text && strchr(" \t(", p[-1]) != NULL)
			p--;
		if (p - text >= 6 && strncmp(p - 6, "exists", 6) == 0)
			return 1;
	}
	return strncmp(text, name, len) == 0 && gets_value(text + len);
}

void
uses_needed(struct uses *u, const char *text, const char *const *texts,
    unsigned n)
{
	const char *s = text;
	struct use *use;
	unsigned i;
	size_t len;

	while (*s != '\0') {
		if (*s == '\'' || *s == '"') {
			s = behind_quotes(s);
			continue;
		}
		if (*s == '#')
			s += strcspn(s, "\n");
		if (*s == '\0' || *s++ != '@')
			continue;
		for (len = 0; is_name(s[len]); len++)
			continue;
		if (len == 0 || len > USES_NAME_MAX ||
		    (use = use_get(u, s, len)) == NULL)
			continue;
		for (i = 0; i < n; i++)
			if (texts[i] != NULL && is_known(texts[i], use->name))
				break;
		use->needed |= i == n;
	}
}

void
uses_free(struct uses *u)
{
	free(u->use);
}

/* The name in quotes at s, alone; behind it, or NULL. */
static const char *
literal(const char *s, char *name, size_t size)
{
	const char *end;
	size_t len;

	if (*s != '\'' && *s != '"')
		return NULL;
	end = behind_quotes(s);
	len = (size_t)(end - s);
	if (len < 3 || end[-1] != *s || len - 2 >= size ||
	    memchr(s, '\\', len) != NULL)
		return NULL;
	memcpy(name, s + 1, len - 2);
	name[len - 2] = '\0';
	return end[strspn(end, " \t")] == '.' ? NULL : end;
}

int
uses_load(const char **at, char *name, size_t size, int *computed)
{
	const char *s = *at, *word, *end;
	size_t len;

	while (*s != '\0') {
		for (word = s; is_name(*s); s++)
			continue;
		len = (size_t)(s - word);
		if (len == 0) {
			s++;
			continue;
		}
		if (!begins(word, len, "load", 1) &&
		    !begins(word, len, "call", 2))
			continue;
		s += strspn(s, " \t");
		end = literal(s, name, size);
		if (end != NULL) {
			*at = end;
			return 1;
		}
		/* A word l may be anything; a name is what load asks for. */
		if (computed != NULL && (len == 4 || *s == '\''))
			*computed = 1;
	}
	*at = s;
	return 0;
}

void
uses_put(struct buffer *b, const char *text)
{
	const char *s, *end;

	for (; *text != '\0'; text = end) {
		end = text + strcspn(text, "\n");
		end += *end == '\n';
		s = text + strspn(text, " \t");
		if (strncmp(s, "reset", 5) == 0 &&
		    strchr("\n;#", s[5 + strspn(s + 5, " \t")]) != NULL) {
			s += 5;
			buffer_put(b, text, (size_t)(s - text));
			buffer_puts(b, "; set key noautotitle");
			text = s;
		}
		buffer_put(b, text, (size_t)(end - text));
	}
}

/* The line number n of text; *len of it. */
static const char *
line_at(const char *text, unsigned long n, size_t *len)
{
	while (--n > 0 && (text = strchr(text, '\n')) != NULL)
		text++;
	*len = text == NULL ? 0 : strcspn(text, "\n");
	return text;
}

static int
has_word(const char *line, size_t len, const char *word, size_t n)
{
	size_t i;

	for (i = 0; i + n <= len; i++) {
		if (memcmp(line + i, word, n) == 0 &&
		    (i == 0 || !is_name(line[i - 1])) &&
		    (i + n == len || !is_name(line[i + n])))
			return 1;
	}
	return 0;
}

unsigned long
uses_line(const char *text, unsigned long line, const char *error)
{
	const char *word = strrchr(error, ':'), *s;
	unsigned long at;
	size_t n, len;

	if (word == NULL)
		return line;
	word += 1 + strspn(word + 1, " ");
	for (n = 0; is_name(word[n]); n++)
		continue;
	if (n == 0 || word[n + strspn(word + n, " ")] != '\0')
		return line;
	for (at = line; at > 0; at--) {
		s = line_at(text, at, &len);
		if (s != NULL && has_word(s, len, word, n))
			return at;
	}
	return line;
}
