/*
 * snapshot.c - a folder with the picture, its data and how it was made
 *
 * Its picture is drawn by a gnuplot of its own, which nobody waits for.
 */
#include <sys/stat.h>

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/snapshot.h"
#include "format/dump.h"
#include "format/target.h"
#include "world/news.h"

static FILE *
create(const char *folder, const char *name, mode_t mode)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%.3000s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	return fd == -1 ? NULL : fdopen(fd, "w");
}

/* A new folder named after source and step. */
static int
snapshot_folder(char *path, size_t size, struct source *s)
{
	char name[APREC_SOURCE_MAX + 16], *p;
	int n, tries;

	source_shown(s, name);
	for (p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("-_#@+", *p) == NULL)
			*p = '_';
	n = snprintf(path, size, "aplot-%s-%" PRId64, name, source_step(s));
	for (tries = 2; mkdir(path, 0777) == -1; tries++) {
		if (errno != EEXIST || tries > 1000)
			return -1;
		snprintf(path + n, size - (size_t)n, "-%d", tries);
	}
	return 0;
}

int
snapshot_script(struct aplot *a, struct gnuplot *g, struct state *st, FILE *f)
{
	struct frame frame;
	int r;

	fputs(gnuplot_begin(g), f);
	if (a->o.commands != NULL)
		fprintf(f, "%s\n", a->o.commands);
	pthread_mutex_lock(&a->in.lock);
	r = gnuplot_frame(g, st, a->in.history, NULL, news_status(a, st),
	    NULL, &frame);
	pthread_mutex_unlock(&a->in.lock);
	if (r == 0)
		fwrite(frame.text, 1, frame.length, f);
	return r;
}

static void
draw_snapshot(struct aplot *a, struct gnuplot *g, const char *folder)
{
	struct buffer b = { 0 };
	const char *argv[] = { "gnuplot", "-d", "-e", NULL, "plot.gp", NULL };

	buffer_puts(&b, gnuplot_terminal(g, NULL));
	if (b.len > 0)
		b.p[b.len - 1] = ';';	/* its newline */
	buffer_puts(&b, "set output 'picture.png'");
	argv[3] = buffer_text(&b);
	child_kill(&a->snapper, 0);
	if (child_start(&a->snapper, argv, folder, NULL, 0) == -1)
		warn("gnuplot");
	buffer_free(&b);
}

/* The files of a snapshot; -1 with errno. */
static int
fill_folder(struct aplot *a, struct gnuplot *g, struct state *st,
    const char *folder)
{
	FILE *data = create(folder, "state.apr", 0666);
	FILE *values = create(folder, "values.txt", 0666);
	FILE *script = create(folder, "plot.gp", 0777);
	struct buffer b = { 0 };
	const struct record **list;
	size_t i, n;
	int ok = data != NULL && values != NULL && script != NULL;

	list = dump_records(st, &n);
	for (i = 0; ok && list != NULL && i < n; i++)
		ok = fwrite(list[i]->bytes, 1, list[i]->length, data) ==
		    list[i]->length;
	free(list);
	dump_values(&b, st);
	ok = ok && fputs(buffer_text(&b), values) != EOF &&
	    fputs("#!/usr/bin/env -S gnuplot -p\n", script) != EOF &&
	    snapshot_script(a, g, st, script) == 0;
	buffer_free(&b);
	ok = (data == NULL || fclose(data) == 0) && ok;
	ok = (values == NULL || fclose(values) == 0) && ok;
	ok = (script == NULL || fclose(script) == 0) && ok;
	return ok ? 0 : -1;
}

void
snapshot_take(struct aplot *a)
{
	const char *png = target_file(a->terminals, ".png");
	struct drawing now = a->now;
	char folder[PATH_MAX];
	struct gnuplot *g = NULL;
	struct state *st = a->frozen != NULL ? a->frozen : draw_look(a, &now);

	if ((g = draw_new(a, png, 1 << 24)) != NULL && a->g != NULL)
		gnuplot_scales_of(g, a->g);
	if (st == NULL || state_sources(st) == NULL || g == NULL ||
	    snapshot_folder(folder, sizeof(folder), state_sources(st)) == -1 ||
	    fill_folder(a, g, st, folder) == -1) {
		warn("snapshot");
	} else {
		draw_snapshot(a, g, folder);
		draw_notice(a, "snapshot: %s/", folder);
	}
	gnuplot_free(g);
	if (st != NULL && st != a->frozen)
		input_look_away(&a->in, st);
}
