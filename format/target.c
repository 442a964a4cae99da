/*
 * target.c - where pictures go: names of files and of gnuplot's terminals
 *
 * In every list the better terminal comes first.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buffer.h"
#include "target.h"

/* qt comes last: it clears its window when a frame begins, and while gnuplot
 * works on the frame nothing is there. */
static const char *const windows[] = { "wxt", "aqua", "x11", "windows", "qt",
	NULL };
static const char *const without_x[] = { "wxt", "aqua", "windows", "qt",
	NULL };
static const char *const sixels[] = { "sixelgd", "sixel", "sixeltek", NULL };

static const struct ending {
	const char	*name;
	const char	*terminals[4];
} endings[] = {
	{ ".png", { "pngcairo", "png", NULL } },
	{ ".svg", { "svg", NULL } },
	{ ".pdf", { "pdfcairo", "pdf", NULL } },
	{ ".jpg", { "jpeg", NULL } },
	{ ".jpeg", { "jpeg", NULL } },
	{ ".gif", { "gif", NULL } },
	{ ".eps", { "epscairo", "postscript", NULL } },
	{ ".txt", { "dumb", NULL } },
};

int
target_has(const char *list, const char *name)
{
	size_t n = strlen(name);
	const char *p = list;

	while (p != NULL && (p = strstr(p, name)) != NULL) {
		if ((p == list || p[-1] == ' ') &&
		    (p[n] == ' ' || p[n] == '\0'))
			return 1;
		p += n;
	}
	return 0;
}

static const char *
first_of(const char *list, const char *const *names)
{
	for (; *names != NULL; names++)
		if (target_has(list, *names))
			return *names;
	return NULL;
}

static int
is_word(const char *s, const char *const *words)
{
	size_t n = strcspn(s, " \t");

	for (; *words != NULL; words++)
		if (strlen(*words) == n && strncmp(s, *words, n) == 0)
			return 1;
	return 0;
}

enum target_kind
target_kind(const char *terminal)
{
	return is_word(terminal, windows) ? TARGET_WINDOW :
	    is_word(terminal, sixels) ? TARGET_SIXEL : TARGET_OTHER;
}

const char *
target_window(const char *list, int x)
{
	return first_of(list, x ? windows : without_x);
}

const char *
target_sixel(const char *list)
{
	return first_of(list, sixels);
}

static const struct ending *
find_ending(const char *file)
{
	const char *dot = strrchr(file, '.');
	size_t i;

	for (i = 0; dot != NULL && i < sizeof(endings) / sizeof(*endings); i++)
		if (strcasecmp(dot, endings[i].name) == 0)
			return &endings[i];
	return NULL;
}

const char *
target_file(const char *list, const char *file)
{
	const struct ending *e = find_ending(file);

	return e == NULL ? NULL : first_of(list, e->terminals);
}

const char *
target_ending(const char *file)
{
	const struct ending *e = find_ending(file);

	return e == NULL ? NULL : e->terminals[0];
}

/* Where the %d of a name begins and ends. */
static int
find_number(const char *name, const char **from, const char **to)
{
	int n = 0;

	for (; (name = strchr(name, '%')) != NULL; name++) {
		if (name[1] == '%') {
			name++;
			continue;
		}
		*from = name;
		*to = name + 1 + strspn(name + 1, "0123456789");
		if (**to != 'd' || *to - name > 3 || n++ > 0)
			return -1;
		++*to;
	}
	return n;
}

int
target_is_sequence(const char *name)
{
	const char *from, *to;

	return find_number(name, &from, &to);
}

void
target_name(char *buf, size_t size, const char *name, unsigned number)
{
	const char *from = NULL, *to = NULL;
	struct buffer b = { 0 };
	int width;

	(void)find_number(name, &from, &to);
	for (; *name != '\0'; name++) {
		if (name == from) {
			width = (int)strtol(from + 1, NULL, 10);
			buffer_printf(&b, from[1] == '0' ? "%0*u" : "%*u",
			    width, number);
			name = to - 1;
		} else {
			buffer_put(&b, name, 1);
			name += name[0] == '%';
		}
	}
	strlcpy(buf, buffer_text(&b), size);
	buffer_free(&b);
}
