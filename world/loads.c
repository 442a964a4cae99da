/*
 * loads.c - a script of the user's, and those that it loads
 *
 * The script itself is read once; gnuplot reads the others anew whenever it
 * loads them.
 */
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/buffer.h"
#include "format/uses.h"
#include "world/loads.h"

#define FILES_MOST	64
#define BYTES_MOST	(64 << 20)

struct path {
	char	 path[PATH_MAX];
};

/* Append all of a file, and a NUL at the end.  -1: errno. */
static int
append_file(struct buffer *b, const char *name)
{
	FILE *f = fopen(name, "r");
	size_t n;
	char *p;
	int failed;

	if (f == NULL)
		return -1;
	do {
		p = buffer_room(b, 65536);
		n = p == NULL ? 0 : fread(p, 1, 65536, f);
		b->len += n;
	} while (n > 0 && b->len < BYTES_MOST);
	failed = ferror(f);
	fclose(f);
	if (b->failed)
		errno = ENOMEM;
	return failed || b->failed ? -1 : 0;
}

/* In full: a snapshot's script runs elsewhere. */
static char *
folder_of(const char *name)
{
	const char *slash = strrchr(name, '/');
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.*s", slash == NULL ? 1 : slash == name ?
	    1 : (int)(slash - name), slash == NULL ? "." : name);
	return realpath(path, NULL);
}

/* The regular file that gnuplot would load by that name, or not there: 0. */
static int
find_file(const char *folder, const char *name, char *path, size_t size)
{
	struct stat st;

	snprintf(path, size, "%s", name);
	if (stat(path, &st) == 0)
		return S_ISREG(st.st_mode);
	if (*name == '/' || snprintf(path, size, "%s/%s", folder, name) >=
	    (int)size)
		return 0;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Append what text, of which the end is still being added to, loads. */
static void
append_loads(struct loads *l, const char *text, struct buffer *b,
    struct path *seen, unsigned *nseen)
{
	char name[PATH_MAX];
	unsigned i;

	while (*nseen < FILES_MOST &&
	    uses_load(&text, name, sizeof(name), NULL)) {
		char *path = seen[*nseen].path;

		if (!find_file(l->folder, name, path, PATH_MAX))
			continue;
		for (i = 0; i < *nseen && strcmp(seen[i].path, path) != 0; i++)
			continue;
		if (i < *nseen)
			continue;
		++*nseen;
		if (append_file(b, path) == 0)
			buffer_puts(b, "\n");
	}
}

int
loads_read(struct loads *l, const char *name)
{
	struct buffer text = { 0 }, others = { 0 }, reset = { 0 };
	struct path *seen = calloc(FILES_MOST, sizeof(*seen));
	unsigned nseen = 0;
	size_t done = 0;
	char *part;
	int error;

	l->folder = folder_of(name);
	if (seen == NULL || l->folder == NULL ||
	    append_file(&text, name) == -1) {
		error = errno;
		buffer_free(&text);
		free(seen);
		errno = error;
		return -1;
	}
	buffer_put(&text, "", 1);
	append_loads(l, text.p, &others, seen, &nseen);
	while (done < others.len && !others.failed) {
		part = strndup(others.p + done, others.len - done);
		done = others.len;
		if (part != NULL)
			append_loads(l, part, &others, seen, &nseen);
		free(part);
	}
	buffer_put(&others, "", 1);
	free(seen);
	uses_put(&reset, text.p);
	buffer_put(&reset, "", 1);
	buffer_free(&text);
	if (reset.failed || others.failed) {
		errno = ENOMEM;
		return -1;
	}
	l->text = reset.p;
	l->others = others.p;
	return 0;
}
