/*
 * ask.c - the other side of the socket: aptee -c and -L; see serve.h
 *
 * What is always true: what came from a socket goes to the terminal through
 * word_text().
 */
#include <sys/socket.h>
#include <sys/time.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/buffer.h"
#include "format/word.h"
#include "world/ask.h"
#include "world/socket.h"

#define WAIT		10		/* seconds, for an answer */
#define WAIT_LIST	2		/* the same, for -L */
#define ANSWER_MAX	((size_t)8 << 20)
#define COLUMNS		5

/* All that comes until the end: 0, or -1 and errno, EAGAIN where nothing came
 * for so many seconds: who is stopped takes a connection, and is silent. */
static int
read_all(int fd, int seconds, struct buffer *b)
{
	struct timeval tv = { .tv_sec = seconds };
	ssize_t n;
	void *p;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == -1)
		return -1;
	do {
		if ((p = buffer_room(b, 4096)) == NULL)
			return -1;
		if ((n = read(fd, p, 4096)) > 0)
			b->len += (size_t)n;
	} while ((n > 0 && b->len < ANSWER_MAX) ||
	    (n == -1 && errno == EINTR));
	return n == -1 ? -1 : 0;
}

static void
print_safe(const char *line, size_t len)
{
	char *text = malloc(len + 1);

	if (text == NULL)
		err(1, NULL);
	word_text(text, len + 1, line, len);
	puts(text);
	free(text);
}

int
ask_command(const char *name, char *words[])
{
	char why[SOCKET_WHY];
	struct buffer line = { 0 }, answer = { 0 };
	const char *p, *eol;
	int fd, failed;

	if (*words == NULL)
		errx(1, "-c %s: which command? (pause, resume, step, stop, "
		    "set, at, get, keys, params, stat)", name);
	for (; *words != NULL; words++) {
		buffer_puts(&line, *words);
		buffer_puts(&line, words[1] != NULL ? " " : "");
	}
	if (line.failed)
		err(1, NULL);
	if (strchr(buffer_text(&line), '\n') != NULL)
		errx(1, "a command is one line");
	if ((fd = socket_connect(name, buffer_text(&line), why)) == -1)
		errx(1, "%s", why);
	if (read_all(fd, WAIT, &answer) == -1) {
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			errx(1, "%s: does not answer: nothing came for %d s "
			    "(is its aptee stopped?)", name, WAIT);
		err(1, "%s", name);
	}
	close(fd);
	p = buffer_text(&answer);
	failed = strncmp(p, "ok", 2) != 0;
	if (answer.len == 0)
		errx(1, "%s: closed without an answer", name);
	for (; *p != '\0'; p = *eol == '\n' ? eol + 1 : eol) {
		eol = p + strcspn(p, "\n");
		print_safe(p, (size_t)(eol - p));
	}
	buffer_free(&line);
	buffer_free(&answer);
	return failed;
}

/*
 * The list of runs
 */

/* The cells of the list, row by row. */
struct list {
	char		**cells;
	size_t		 n;
};

static void
add_cell(struct list *l, const char *s, size_t len)
{
	char *cell = malloc(len + 1);

	l->cells = reallocarray(l->cells, l->n + 1, sizeof(*l->cells));
	if (l->cells == NULL || cell == NULL)
		err(1, NULL);
	word_text(cell, len + 1, s, len);
	l->cells[l->n++] = cell;
}

/* The next word of a line, which may stand in quotes. */
static const char *
next_word(const char *p, const char **word, size_t *len)
{
	p += strspn(p, " ");
	if (*p == '"') {
		*word = ++p;
		*len = strcspn(p, "\"\n");
		return p + *len + (p[*len] == '"');
	}
	*word = p;
	*len = strcspn(p, " \n");
	return p + *len;
}

/* Behind the first such word of the text, as a line's first or not; or "". */
static const char *
behind(const char *text, const char *word)
{
	const char *p = strstr(text, word);

	return p == NULL ? "" : p + strlen(word);
}

/* A row for each source of what "stat" answers. */
static void
add_run(struct list *l, const char *name, const char *stat)
{
	const char *p, *w, *viewers, *rest = stat;
	size_t len, nviewers;
	int first = 1;

	next_word(behind(stat, "\nclients viewers "), &viewers, &nviewers);
	do {
		p = strstr(rest, "\nsource ");
		if (p == NULL && !first)
			return;
		rest = p == NULL ? "" : p + 8;
		add_cell(l, first ? name : "", first ? strlen(name) : 0);
		p = next_word(rest, &w, &len);
		add_cell(l, p == rest ? "-" : w, p == rest ? 1 : len);
		p = next_word(behind(p, " step "), &w, &len);
		add_cell(l, w, len);
		p = next_word(behind(p, " age "), &w, &len);
		add_cell(l, w, len);
		p = next_word(p, &w, &len);
		if (len != 4 || strncmp(w, "live", 4) != 0) {
			free(l->cells[--l->n]);
			add_cell(l, w, len);
		}
		add_cell(l, first ? viewers : "", first ? nviewers : 0);
		first = 0;
	} while (*rest != '\0');
}

static void
print_list(const struct list *l)
{
	size_t width[COLUMNS] = { 0 };

	for (size_t i = 0; i < l->n; i++)
		if (strlen(l->cells[i]) > width[i % COLUMNS])
			width[i % COLUMNS] = strlen(l->cells[i]);
	for (size_t i = 0; i < l->n; i++) {
		int last = i % COLUMNS == COLUMNS - 1;

		printf("%-*s%s", last ? 0 : (int)width[i % COLUMNS],
		    l->cells[i], last ? "\n" : "  ");
	}
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_run(const struct dirent *d)
{
	char path[SOCKET_PATH], why[SOCKET_WHY];

	return d->d_name[0] != '.' &&
	    socket_path(d->d_name, path, 0, why) == 0 && socket_is(path);
}

static void
ask_run(struct list *l, const char *name)
{
	char why[SOCKET_WHY];
	struct buffer answer = { 0 };
	int fd;

	if ((fd = socket_connect(name, "stat", why)) == -1) {
		warnx("%s", why);
		return;
	}
	if (read_all(fd, WAIT_LIST, &answer) == -1)
		warnx("%s: does not answer", name);
	else
		add_run(l, name, buffer_text(&answer));
	close(fd);
	buffer_free(&answer);
}

int
ask_list(void)
{
	static const char *const head[COLUMNS] = { "NAME", "SOURCE", "STEP",
	    "AGE", "VIEWERS" };
	static const char none[] = "no run can be joined on this host "
	    "(aptee -l name serves one)";
	char folder[SOCKET_PATH], why[SOCKET_WHY];
	struct dirent **names;
	struct list l = { NULL, 0 };
	int n;

	if (socket_folder(folder, 0, why) == -1) {
		if (errno != ENOENT)
			errx(1, "%s", why);
		warnx("%s", none);
		return 0;
	}
	if ((n = scandir(folder, &names, is_run, by_name)) == -1)
		err(1, "%s", folder);
	for (int i = 0; i < COLUMNS; i++)
		add_cell(&l, head[i], strlen(head[i]));
	for (int i = 0; i < n; i++) {
		ask_run(&l, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	if (l.n > COLUMNS)
		print_list(&l);
	else
		warnx("%s", none);
	for (size_t i = 0; i < l.n; i++)
		free(l.cells[i]);
	free(l.cells);
	return 0;
}
