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

/* Whether "set format y '%g'" leaves the x axis alone. */
static int
spares_x(const char *s)
{
	s += strspn(s, " \t");
	return isalpha((unsigned char)*s) && *s != 'x';
}

/* The axes of "set logscale xy"; none named are all. */
static unsigned
logscale(const char *s)
{
	unsigned what = 0;

	s += strspn(s, " \t");
	if (!isalpha((unsigned char)*s))
		return SET_LOG_X | SET_LOG_Y | SET_LOG_CB;
	for (; isalnum((unsigned char)*s); s++)
		what |= *s == 'x' ? SET_LOG_X : *s == 'y' ? SET_LOG_Y :
		    *s == 'c' && s[1] == 'b' ? SET_LOG_CB : 0;
	return what;
}

/* What becomes of what when logscale is set for axes, or unset. */
static unsigned
change_log(unsigned what, unsigned axes, int unset)
{
	unsigned linear = (axes & SET_LOG_X ? SET_LINEAR_X : 0) |
	    (axes & SET_LOG_Y ? SET_LINEAR_Y : 0) |
	    (axes & SET_LOG_CB ? SET_LINEAR_CB : 0);

	if (unset)
		return (what & ~axes) | linear;
	return (what & ~linear) | axes;
}

/* The style's name in "style data steps", from behind style on. */
static void
read_style(const char *s, char *style, size_t size)
{
	size_t len, i;

	s = next_word(s, &len);
	if (s == NULL || !is_abbreviation(s, len, "data", 1))
		return;
	s = next_word(s + len, &len);
	if (s == NULL || len >= size)
		return;
	for (i = 0; i < len; i++)
		style[i] = s[i];
	style[len] = '\0';
}

void
settings_style(const char *commands, char *style, size_t size)
{
	const char *s = commands;
	size_t len;

	*style = '\0';
	while (s != NULL && (s = next_word(s, &len)) != NULL) {
		s += len;
		if (!is_abbreviation(s - len, len, "set", 2))
			continue;
		s = next_word(s, &len);
		if (s == NULL)
			break;
		if (is_abbreviation(s, len, "style", 2))
			read_style(s + len, style, size);
	}
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
		if (is_abbreviation(s, len, "logscale", 2))
			what = change_log(what, logscale(s + len), unset);
		for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
			if (is_abbreviation(s, len, options[i].name,
			    options[i].least))
				what |= options[i].what;
			if (options[i].what == SET_FORMAT &&
			    is_abbreviation(s, len, "format", 3) &&
			    !spares_x(s + len))
				what |= SET_FORMAT_X;
		}
	}
	return what;
}
