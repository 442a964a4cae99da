/*
 * delivery.c - a picture that gnuplot has drawn goes where it is wanted
 *
 * A file is replaced whole or not at all, and what a write that was cut off
 * has left is known, to be removed.
 */
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/delivery.h"
#include "format/screen.h"
#include "format/target.h"
#include "world/terminal.h"

static char temp_file[PATH_MAX];	/* to be removed, or "" */

static int
write_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* A whole new file or the old one; a device or a pipe is just written. */
static int
replace_file(const char *path, const char *p, size_t len)
{
	char real[PATH_MAX];
	struct stat st;
	mode_t mask;
	int fd, ok;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd == -1)
			return -1;
		ok = write_all(fd, p, len) == 0;
		return close(fd) == 0 && ok ? 0 : -1;
	}
	if (realpath(path, real) != NULL)
		path = real;
	if (snprintf(temp_file, sizeof(temp_file), "%s.XXXXXX", path) >=
	    (int)sizeof(temp_file)) {
		*temp_file = '\0';
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkstemp(temp_file);
	if (fd == -1) {
		*temp_file = '\0';
		return -1;
	}
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	mask = umask(0);
	(void)umask(mask);
	ok = fchmod(fd, 0666 & ~mask) == 0 && write_all(fd, p, len) == 0;
	ok = close(fd) == 0 && ok;
	if (ok && rename(temp_file, path) == -1)
		ok = 0;
	if (!ok) {
		mask = (mode_t)errno;
		(void)unlink(temp_file);
		errno = (int)mask;
	}
	*temp_file = '\0';
	return ok ? 0 : -1;
}

/* Into a file, what a text terminal drew is plain text. */
static const char *
plain(struct aplot *a, const char *p, size_t *len)
{
	if (!gnuplot_is_text(a->terminal))
		return p;
	if (a->plain == NULL && (a->plain = screen_new(1, 0)) == NULL)
		return NULL;
	return screen_plain(a->plain, p, *len, len);
}

void
delivery_picture(struct aplot *a, const char *p, size_t len)
{
	char name[PATH_MAX];

	switch (a->output) {
	case TEXT:
	case SIXEL:
		if (terminal_paint(a->tty, p, len, a->output == SIXEL) == 0)
			return;
		if (errno == EINTR) {
			a->redraw = 1;
		} else {
			draw_notice(a, "the terminal is gone");
			draw_stop(a);
		}
		return;
	case FILE_SEQUENCE:
		target_name(name, sizeof(name), a->o.output,
		    ++a->file_number);
		break;
	case FILE_REPLACED:
		target_name(name, sizeof(name), a->o.output, 0);
		break;
	case STDOUT:
		/* Only the last: what follows it would not be readable. */
		if (a->now.final && ((p = plain(a, p, &len)) == NULL ||
		    write_all(STDOUT_FILENO, p, len) == -1)) {
			warn("(stdout)");
			a->failed = 1;
		}
		return;
	case WINDOW:
		return;
	}
	p = plain(a, p, &len);
	if (p == NULL || replace_file(name, p, len) == -1) {
		if (!a->failed)
			warn("%s", name);
		a->failed = 1;
	}
}

void
delivery_clean(void)
{
	if (*temp_file != '\0')
		(void)unlink(temp_file);
}
