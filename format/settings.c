/*
 * settings.c - which of gnuplot's settings a user's commands make
 */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "settings.h"

/* As gnuplot abbreviates them: so many letters at least. */
static const struct {
	const char	*name;
	size_t		 least;
	unsigned	 what;
} options[] = {
	{ "title", 1, SET_TITLE },
	{ "xlabel", 2, SET_XLABEL },
	{ "ylabel", 2, SET_YLABEL },
	{ "cblabel", 3, SET_CBLABEL },
	{ "key", 1, SET_KEY },
	{ "palette", 3, SET_PALETTE },
	{ "colorbox", 6, SET_COLORBOX },
	{ "xrange", 2, SET_XRANGE },
	{ "yrange", 2, SET_YRANGE },
	{ "cbrange", 3, SET_CBRANGE },
	{ "autoscale", 2, SET_XRANGE | SET_YRANGE | SET_CBRANGE },
	{ "lmargin", 3, SET_MARGINS },
	{ "rmargin", 3, SET_MARGINS },
	{ "tmargin", 3, SET_MARGINS },
	{ "bmargin", 3, SET_MARGINS },
	{ "margins", 3, SET_MARGINS },
	{ "format", 3, SET_FORMAT },
	{ "border", 3, SET_BORDER },
	{ "tics", 2, SET_TICS },
	{ "xtics", 3, SET_TICS },
	{ "ytics", 3, SET_TICS }
};

/* The next word outside quotes and comments, or NULL. */
static const char *
next_word(const char *s, size_t *len)
{
	char quote;

	for (;;) {
		if (*s == '\'' || *s == '"') {
			quote = *s++;
			while (*s != '\0' && *s != quote)
				s += *s == '\\' && quote == '"' &&
				    s[1] != '\0' ? 2 : 1;
			s += *s != '\0';
		} else if (*s == '#') {
			s += strcspn(s, "\n");
		} else if (isalpha((unsigned char)*s)) {
			*len = 1;
			while (isalnum((unsigned char)s[*len]) ||
			    s[*len] == '_')
				++*len;
			return s;
		} else if (*s == '\0') {
			return NULL;
		} else {
			s++;
		}
	}
}

static int
is_abbreviation(const char *s, size_t len, const char *name, size_t least)
{
	return len >= least && len <= strlen(name) &&
	    strncmp(s, name, len) == 0;
}

/* The axes of "set logscale xy"; none named are all. */
static unsigned
logscale(const char *s)
{
	unsigned what = 0;

	s += strspn(s, " \t");
	if (!isalpha((unsigned char)*s))
		return SET_LOG_X | SET_LOG_Y;
	for (; isalnum((unsigned char)*s); s++)
		what |= *s == 'x' ? SET_LOG_X : *s == 'y' ? SET_LOG_Y : 0;
	return what;
}

unsigned
settings_made(const char *commands)
{
	const char *s = commands;
	unsigned what = 0;
	size_t len, i;
	int unset;

	while (s != NULL && (s = next_word(s, &len)) != NULL) {
		unset = is_abbreviation(s, len, "unset", 3);
		s += len;
		if (!unset && !is_abbreviation(s - len, len, "set", 2))
			continue;
		s = next_word(s, &len);
		if (s == NULL)
			break;
		if (!unset && is_abbreviation(s, len, "logscale", 2))
			what |= logscale(s + len);
		for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
			if (is_abbreviation(s, len, options[i].name,
			    options[i].least))
				what |= options[i].what;
		}
	}
	return what;
}
