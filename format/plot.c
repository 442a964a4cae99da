/*
 * plot.c - what the user wants plotted, read from a command's operand
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plot.h"

#define PLUS_MINUS	"\xc2\xb1"	/* U+00B1 */
#define KNOWN		"the words after @ are points, dots, lines, steps, " \
	"fsteps, histeps, impulses, filled, abs, phase, real, imag, mean, " \
	"max, nearest, log, linear"

static const struct how_word {
	const char	*word;
	struct plot_how	 how;
} words[] = {
	{ "points", { HOW_STYLE, .style = STYLE_POINTS } },
	{ "dots", { HOW_STYLE, .style = STYLE_DOTS } },
	{ "lines", { HOW_STYLE, .style = STYLE_LINES } },
	{ "steps", { HOW_STYLE, .style = STYLE_STEPS } },
	{ "fsteps", { HOW_STYLE, .style = STYLE_FSTEPS } },
	{ "histeps", { HOW_STYLE, .style = STYLE_HISTEPS } },
	{ "impulses", { HOW_STYLE, .style = STYLE_IMPULSES } },
	{ "filled", { HOW_STYLE, .style = STYLE_FILLED } },
	{ "abs", { HOW_COMPONENT, .component = VIEW_MODULUS } },
	{ "phase", { HOW_COMPONENT, .component = VIEW_PHASE } },
	{ "real", { HOW_COMPONENT, .component = VIEW_REAL } },
	{ "imag", { HOW_COMPONENT, .component = VIEW_IMAG } },
	{ "mean", { HOW_REDUCE, .reduce = RASTER_MEAN } },
	{ "max", { HOW_REDUCE, .reduce = RASTER_MAX } },
	{ "nearest", { HOW_REDUCE, .reduce = RASTER_NEAREST } },
	{ "log", { HOW_SCALE, .scale = SCALE_LOG } },
	{ "linear", { HOW_SCALE, .scale = SCALE_LINEAR } },
	{ NULL, { 0 } }
};

/* Copy the identifier (or with digits, the number) at *s; 0 or -1. */
static int
word(const char **s, char out[APREC_NAME_MAX + 1], int digits)
{
	size_t len = 0;

	while (isalnum((unsigned char)(*s)[len]) || (*s)[len] == '_')
		len++;
	if (len == 0 || len > APREC_NAME_MAX)
		return -1;
	memcpy(out, *s, len);
	out[len] = '\0';
	*s += len;
	if (digits && strspn(out, "0123456789") == len)
		return 0;
	return aprec_is_identifier(out, len) ? 0 : -1;
}

static int
slice(const char **s, struct slice *out)
{
	char *end;

	if (word(s, out->dim, 1) == -1 || **s != '=' ||
	    !isdigit((unsigned char)(*s)[1]))
		return -1;
	errno = 0;
	out->index = strtoull(*s + 1, &end, 10);
	if (errno != 0 || out->index > INT64_MAX)
		return -1;
	*s = end;
	return 0;
}

static int
slices(const char **s, struct term *t, const char **why)
{
	*why = "not a slice like [z=256]";
	do {
		(*s)++;
		if (t->nslices == VIEW_SLICES ||
		    slice(s, &t->slices[t->nslices++]) == -1)
			return -1;
	} while (**s == ',');
	if (**s != ']')
		return -1;
	(*s)++;
	return 0;
}

int
plot_how_word(struct plot_how *h, const char *text, size_t len,
    const char **why)
{
	const struct how_word *w = words;
	struct plot_how with = *h;

	while (w->word != NULL && (strlen(w->word) != len ||
	    memcmp(w->word, text, len) != 0))
		w++;
	*why = KNOWN;
	if (w->word == NULL)
		return -1;
	plot_how_over(&with, &w->how);
	*why = "two words after @ contradict each other";
	if ((h->given & w->how.given) != 0 &&
	    memcmp(&with, h, sizeof(with)) != 0)
		return -1;
	*h = with;
	return 0;
}

void
plot_how_over(struct plot_how *h, const struct plot_how *over)
{
	if (over->given & HOW_STYLE)
		h->style = over->style;
	if (over->given & HOW_SCALE)
		h->scale = over->scale;
	if (over->given & HOW_COMPONENT)
		h->component = over->component;
	if (over->given & HOW_REDUCE)
		h->reduce = over->reduce;
	h->given |= over->given;
}

static int
term(const char **s, struct term *t, const char **why)
{
	size_t len;

	*why = "not a field's name";
	if (word(s, t->name, 0) == -1)
		return -1;
	if (**s == '[' && slices(s, t, why) == -1)
		return -1;
	if (strncmp(*s, "+-", 2) == 0 || strncmp(*s, PLUS_MINUS, 2) == 0) {
		*s += 2;
		*why = "after +- stands the name of a field";
		if (word(s, t->error, 0) == -1)
			return -1;
	}
	while (**s == '@') {
		(*s)++;
		len = strspn(*s, "abcdefghijklmnopqrstuvwxyz");
		if (plot_how_word(&t->how, *s, len, why) == -1)
			return -1;
		*s += len;
	}
	return 0;
}

/* Whether a term may stand for an axis. */
static int
is_axis(const struct term *t, const char **why)
{
	*why = "error bars are of what is drawn, not of what is along an axis";
	if (*t->error != '\0')
		return 0;
	*why = "along an axis, @ takes log or linear";
	return (t->how.given & ~(unsigned)HOW_SCALE) == 0;
}

/* Whether terms and axes go together. */
static int
fits(const struct plot *p, const char **why)
{
	if (!is_axis(&p->x, why) || !is_axis(&p->y, why))
		return 0;
	*why = "of arrows there is one pair in a panel, x:y:vx:vy";
	if (p->vectors)
		return p->nterms == 2;
	*why = "x:y:T takes one field to colour the points by";
	return *p->y.name == '\0' || p->nterms == 1;
}

int
plot_parse(struct plot *p, const char *text, const char **why)
{
	const char *s = text;
	struct term *axes[] = { &p->x, &p->y };
	unsigned colons = 0;

	memset(p, 0, sizeof(*p));
	p->text = text;
	for (;;) {
		if (p->nterms == PLOT_TERMS) {
			*why = "too many fields for one panel";
			return -1;
		}
		if (term(&s, &p->terms[p->nterms], why) == -1)
			return -1;
		p->nterms++;
		if (*s == '\0')
			break;
		*why = "not a plot like u, u,v, x:u, x:y:T or x:y:vx:vy";
		if (*s != ',' && *s != ':')
			return -1;
		if (*s++ == ',')
			continue;
		if (colons == 3 || p->nterms != 1)
			return -1;
		if (colons++ == 2) {
			p->vectors = 1;
			continue;
		}
		*axes[colons - 1] = p->terms[0];
		memset(&p->terms[0], 0, sizeof(p->terms[0]));
		p->nterms = 0;
	}
	return fits(p, why) ? 0 : -1;
}
