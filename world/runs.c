/*
 * runs.c - see runs.h
 *
 * A run is a socket in the private folder where somebody answers.
 */
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/runs.h"
#include "world/socket.h"

int
runs_is(const char *name)
{
	char path[SOCKET_PATH], why[SOCKET_WHY];
	int fd;

	if (*name == '.' || socket_path(name, path, 0, why) == -1 ||
	    !socket_is(path) || (fd = socket_connect(name, "stat", why)) == -1)
		return 0;
	close(fd);
	return 1;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of runs, in order. */
static size_t
find_runs(char ***list)
{
	char folder[SOCKET_PATH], why[SOCKET_WHY];
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	*list = NULL;
	if (socket_folder(folder, 0, why) == -1 ||
	    (d = opendir(folder)) == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		if (!runs_is(e->d_name))
			continue;
		*list = reallocarray(*list, n + 1, sizeof(**list));
		if (*list == NULL || ((*list)[n++] = strdup(e->d_name)) == NULL)
			err(1, NULL);
	}
	closedir(d);
	if (n > 1)
		qsort(*list, n, sizeof(**list), by_name);
	return n;
}

const char *
runs_only(void)
{
	char **list;
	size_t n = find_runs(&list);

	if (n == 0)
		errx(1, "stdin is a terminal: nothing to draw, and no run "
		    "to join (./sim | aplot, or aplot recording; see "
		    "aplot(1))");
	if (n == 1)
		return list[0];
	fprintf(stderr, "%s: %zu runs can be joined; one of\n",
	    getprogname(), n);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "\taplot %s\n", list[i]);
	exit(1);
}
