/*
 * plot.c - what the user wants plotted, read from a command's operand
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plot.h"

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
term(const char **s, struct term *t, const char **why)
{
	*why = "not a field's name";
	if (word(s, t->name, 0) == -1)
		return -1;
	if (**s != '[')
		return 0;
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
		*why = "not a plot like u, u,v, x:u or x:y:T";
		if (*s != ',' && *s != ':')
			return -1;
		if (*s++ == ',')
			continue;
		if (colons == 2 || p->nterms != 1)
			return -1;
		*axes[colons++] = p->terms[0];
		memset(&p->terms[0], 0, sizeof(p->terms[0]));
		p->nterms = 0;
	}
	if (colons == 2 && p->nterms > 1)
		return -1;
	return 0;
}
