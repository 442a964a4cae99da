/*
 * origin.c - see origin.h
 *
 * What is always true: an origin waits in read(2) for who writes, and in
 * origin_pause() for everything else, which origin_stop() ends.
 */
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/vfs.h>
#else
#include <sys/mount.h>
#endif

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "world/fd.h"
#include "world/origin.h"
#include "world/socket.h"

#define SECOND		INT64_C(1000000000)
#define FILE_FIRST	(SECOND / 10)	/* looked at again after, growing to */
#define FILE_LAST	SECOND
#define FILE_QUIET	(2 * SECOND)	/* nobody records it: the end */
#define FILE_OLD	(600 * SECOND)	/* nobody knows: the same */
#define SOCKET_FIRST	(SECOND / 10)	/* the same for connections */
#define SOCKET_LAST	(5 * SECOND)
#define COMMAND_FIRST	(SECOND / 2)	/* and commands */
#define COMMAND_LAST	(60 * SECOND)
#define FILES_MAX	1024		/* of a pattern */
#define PARTS		10		/* of a silence */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int stop_pipe[2] = { -1, -1 };	/* readable: all is to end */

static int64_t
clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

__attribute__((format(printf, 2, 3)))
static void
say(struct origin *o, const char *fmt, ...)
{
	char text[1200];
	va_list ap;
	int n = snprintf(text, sizeof(text), "%.500s: ", o->name);

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	if (o->say != NULL)
		o->say(o->arg, text);
}

/*
 * Waiting
 */

static void
make_stop_pipe(void)
{
	if (pipe(stop_pipe) == -1)
		err(1, "pipe");
	for (int i = 0; i < 2; i++)
		(void)fcntl(stop_pipe[i], F_SETFD, FD_CLOEXEC);
}

int
origin_pause(int64_t ns)
{
	struct pollfd p = { .fd = stop_pipe[0], .events = POLLIN };

	return poll(&p, 1, (int)(ns / 1000000)) < 1;
}

static int
stopped(void)
{
	return !origin_pause(0);
}

void
origin_stop(int sig)
{
	pthread_once(&once, make_stop_pipe);
	(void)!write(stop_pipe[1], "", 1);
	shell_signal(sig);
}

/* Twice as long the next time. */
static int
pause_more(struct origin *o, int64_t first, int64_t last)
{
	o->pause = o->pause == 0 ? first : 2 * o->pause;
	if (o->pause > last)
		o->pause = last;
	return origin_pause(o->pause);
}

/*
 * Opening
 */

static struct origin *
new_origin(enum origin_kind kind, const char *name, const char *path)
{
	struct origin *o = calloc(1, sizeof(*o));

	pthread_once(&once, make_stop_pipe);
	if (o == NULL)
		return NULL;
	o->kind = kind;
	o->fd = -1;
	o->name = strdup(name);
	o->path = strdup(path);
	if (o->name != NULL && o->path != NULL)
		return o;
	origin_close(o);
	errno = ENOMEM;
	return NULL;
}

void
origin_end(struct origin *o)
{
	/* Descriptor 0 must not become another's. */
	if (o->shell.pid != 0)
		(void)shell_end(&o->shell);
	else if (o->fd > STDIN_FILENO)
		close(o->fd);
	o->fd = -1;
	for (unsigned i = 0; i < o->found; i++)
		free(o->paths[i]);
	free(o->paths);
	o->paths = NULL;
	o->found = 0;
}

void
origin_close(struct origin *o)
{
	origin_end(o);
	free(o->name);
	free(o->path);
	free(o);
}

static void
note_stream(struct origin *o)
{
	struct stat sb;

	if (fstat(o->fd, &sb) == 0) {
		o->dev = sb.st_dev;
		o->ino = sb.st_ino;
	}
	o->received = 0;
	o->asked = UINT64_MAX;
	o->began = clock_ns(CLOCK_MONOTONIC);
	o->tries++;
}

struct origin *
origin_take(int fd, const char *name)
{
	struct origin *o = new_origin(ORIGIN_STREAM, name, "");

	if (o != NULL) {
		o->fd = fd;
		note_stream(o);
	}
	return o;
}

static int
open_file(struct origin *o)
{
	o->fd = open(o->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (o->fd == -1)
		return -1;
	note_stream(o);
	return 0;
}

/* Connect, once: 0, or -1 with errno and why. */
static int
connect_origin(struct origin *o, char why[SOCKET_WHY])
{
	if ((o->fd = socket_connect(o->path, "view", why)) == -1)
		return -1;
	note_stream(o);
	return 0;
}

struct origin *
origin_found(const char *path)
{
	struct stat sb;
	struct origin *o;
	char why[SOCKET_WHY];

	if (stat(path, &sb) == -1)
		return NULL;
	o = new_origin(S_ISSOCK(sb.st_mode) ? ORIGIN_SOCKET : ORIGIN_FILE,
	    path, path);
	if (o == NULL)
		return NULL;
	o->followed = 1;
	if (S_ISSOCK(sb.st_mode) ? connect_origin(o, why) == 0 :
	    open_file(o) == 0)
		return o;
	origin_close(o);
	return NULL;
}

static void
open_path(struct origin *o)
{
	struct stat sb;

	if (stat(o->path, &sb) == -1)
		err(1, "%s", o->name);
	if (S_ISDIR(sb.st_mode))
		errx(1, "%s: is a directory", o->name);
	o->dev = sb.st_dev;
	o->ino = sb.st_ino;
	if (S_ISFIFO(sb.st_mode)) {
		o->kind = ORIGIN_FIFO;
		return;
	}
	o->kind = S_ISREG(sb.st_mode) ? ORIGIN_FILE : ORIGIN_STREAM;
	o->followed = 1;
	if (open_file(o) == -1)
		err(1, "%s", o->name);
}

/* Whether name is that of a socket: a run's, or a path's. */
static int
is_socket(const char *name)
{
	char path[SOCKET_PATH], why[SOCKET_WHY];
	struct stat sb;

	if (strchr(name, '/') != NULL)
		return stat(name, &sb) == 0 && S_ISSOCK(sb.st_mode);
	return socket_path(name, path, 0, why) == 0 && socket_is(path);
}

struct origin *
origin_open(const char *name)
{
	enum origin_kind kind = ORIGIN_FILE;
	char why[SOCKET_WHY];
	struct origin *o;
	struct stat sb;

	if (strcmp(name, "-") == 0)
		kind = ORIGIN_STREAM;
	else if (*name == '|')
		kind = ORIGIN_COMMAND;
	else if (is_socket(name))
		kind = ORIGIN_SOCKET;
	else if (stat(name, &sb) == -1 && strpbrk(name, "*?[") != NULL)
		kind = ORIGIN_PATTERN;
	else if (stat(name, &sb) == -1 && strchr(name, '/') == NULL &&
	    strchr(name, '.') == NULL)
		errx(1, "%s: no such file, and no run of that name "
		    "(\"aptee -L\" lists them)", name);
	o = new_origin(kind, kind == ORIGIN_STREAM ? "(stdin)" : name,
	    kind == ORIGIN_COMMAND ? name + 1 : name);
	if (o == NULL)
		err(1, NULL);
	if (kind == ORIGIN_STREAM) {
		o->fd = STDIN_FILENO;
		note_stream(o);
		if (fstat(o->fd, &sb) == -1)
			err(1, "%s", o->name);
		if (S_ISREG(sb.st_mode))
			o->kind = ORIGIN_FILE;
	} else if (kind == ORIGIN_SOCKET) {
		if (connect_origin(o, why) == -1)
			errx(1, "%s%s", why, strchr(name, '/') == NULL &&
			    stat(name, &sb) == 0 ?
			    " (the file is ./name)" : "");
	} else if (kind == ORIGIN_FILE) {
		open_path(o);
	}
	return o;
}

int
origin_passive(const struct origin *o)
{
	return o->kind == ORIGIN_FILE || o->kind == ORIGIN_PATTERN ||
	    o->kind == ORIGIN_SOCKET;
}

int
origin_files(const struct origin *o)
{
	return o->kind == ORIGIN_FILE || o->kind == ORIGIN_PATTERN;
}

/*
 * Reading
 */

/* Open what only the thread may wait for. */
static int
begin(struct origin *o)
{
	if (o->kind == ORIGIN_FIFO) {
		/* Waits for its writer. */
		if (open_file(o) == -1)
			return -1;
	} else if (o->kind == ORIGIN_COMMAND) {
		if (shell_start(&o->shell, o->path) == -1)
			return -1;
		o->fd = o->shell.fd;
		note_stream(o);
	} else {
		errno = EBADF;
		return -1;
	}
	fd_grow(o->fd);
	return 0;
}

/* All that has come was taken: another aptee may send what is newest now. */
static void
ask_more(struct origin *o)
{
	struct pollfd p = { .fd = o->fd, .events = POLLIN };
	char line[32];
	int n;

	if (o->asked == o->received || poll(&p, 1, 0) != 0)
		return;
	n = snprintf(line, sizeof(line), "more %" PRIu64 "\n", o->received);
	(void)!send(o->fd, line, (size_t)n, MSG_NOSIGNAL);
	o->asked = o->received;
}

/* "error ..." in a record's place: we are not wanted. */
static int
is_refused(struct origin *o, const char *p, size_t n)
{
	size_t len = n > 200 ? 200 : n;

	if (o->received > 0 || n < 6 || memcmp(p, "error ", 6) != 0)
		return 0;
	while (len > 0 && p[len - 1] == '\n')
		len--;
	if (!o->told)
		say(o, "refused: %.*s", (int)(len - 6), p + 6);
	o->told = 1;
	return 1;
}

ssize_t
origin_read(struct origin *o, void *p, size_t n)
{
	ssize_t got;

	if (o->fd == -1 && begin(o) == -1)
		return -1;
	if (o->kind == ORIGIN_SOCKET)
		ask_more(o);
	got = fd_read(o->fd, p, n);
	if (o->kind == ORIGIN_SOCKET) {
		if (got == -1 || (got > 0 && is_refused(o, p, (size_t)got)))
			return 0;	/* the connection broke */
		if (got > 0)
			o->told = 0;
	}
	if (got > 0)
		o->received += (uint64_t)got;
	return got;
}

/*
 * Files that grow
 */

/* Whether locks and times of the file are kept here, and by one clock. */
static int
is_local(int fd)
{
	struct statfs fs;
#ifdef __linux__
	static const long known[] = { 0xef53 /* ext */, 0x58465342 /* xfs */,
		0x9123683e /* btrfs */, 0x01021994 /* tmpfs */,
		0x794c7630 /* overlayfs */, 0x2fc12fc1 /* zfs */,
		0xf2f52010 /* f2fs */, 0x858458f6 /* ramfs */ };

	if (fstatfs(fd, &fs) == 0)
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			if ((long)fs.f_type == known[i])
				return 1;
	return 0;
#else
	return fstatfs(fd, &fs) == 0 && (fs.f_flags & MNT_LOCAL);
#endif
}

/* Whether somebody records into the file: 1, 0, or -1 unknown. */
static int
is_recorded(int fd)
{
	if (!is_local(fd))
		return -1;
	if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
		(void)flock(fd, LOCK_UN);
		return 0;
	}
	return errno == EWOULDBLOCK ? 1 : -1;
}

/* Nothing comes for so long: whether nothing will. */
static int
is_abandoned(const struct origin *o, const struct stat *sb, int64_t quiet)
{
	int64_t age = clock_ns(CLOCK_REALTIME) - (sb->st_mtime + 1) * SECOND;
	int recorded = is_recorded(o->fd);

	if (age > quiet)
		quiet = age;
	if (recorded == 0)
		return quiet > FILE_QUIET;
	return recorded == -1 && !o->forever && quiet > FILE_OLD;
}

static enum origin_next
next_of_file(struct origin *o, int final)
{
	int64_t since = clock_ns(CLOCK_MONOTONIC);
	struct stat sb, now;

	for (o->pause = 0;;) {
		if (!o->followed || final || stopped() ||
		    fstat(o->fd, &sb) == -1)
			return ORIGIN_OVER;
		if ((uint64_t)sb.st_size > o->received) {
			o->grown |= o->pause > 0;
			return ORIGIN_MORE;
		}
		if ((uint64_t)sb.st_size < o->received ||
		    (stat(o->path, &now) == 0 && (now.st_ino != sb.st_ino ||
		    now.st_dev != sb.st_dev)))
			return ORIGIN_BROKEN;
		if (is_abandoned(o, &sb, clock_ns(CLOCK_MONOTONIC) - since)) {
			if (o->received > 0)
				say(o, "no final record, and nobody records "
				    "it: not followed");
			return ORIGIN_OVER;
		}
		(void)pause_more(o, FILE_FIRST, FILE_LAST);
	}
}

/* Another file has the name, or it begins anew. */
static int
file_again(struct origin *o)
{
	int old = o->fd;

	if (open_file(o) == -1) {
		o->fd = old;
		return 0;
	}
	close(old);
	o->grown = 1;
	return 1;
}

/*
 * Connections that break
 */

static int
socket_again(struct origin *o)
{
	char why[SOCKET_WHY];
	int missing = 0;

	if (o->fd != -1)
		close(o->fd);
	o->fd = -1;
	/* One that was good for a while may be tried at once again. */
	if (clock_ns(CLOCK_MONOTONIC) - o->began > 2 * o->pause + SECOND)
		o->pause = 0;
	while (pause_more(o, SOCKET_FIRST, SOCKET_LAST)) {
		if (connect_origin(o, why) == 0) {
			if (o->told)
				say(o, "connected again");
			return 1;
		}
		/* Who starts again may be between two names for a moment. */
		missing += errno == ENOENT;
		if (errno == EPERM || missing > 3) {
			say(o, "%s", errno == EPERM ? why :
			    "has gone, without a final record");
			return 0;
		}
		if (!o->told)
			say(o, "the connection broke: tried again until it "
			    "is there");
		o->told = 1;
	}
	return 0;
}

/*
 * Commands that break
 */

static void
status_text(int status, char *buf, size_t size)
{
	if (status != -1 && WIFSIGNALED(status))
		snprintf(buf, size, "ended by signal %d", WTERMSIG(status));
	else if (status != -1 && WEXITSTATUS(status) != 0)
		snprintf(buf, size, "exit status %d", WEXITSTATUS(status));
	else
		snprintf(buf, size, "ended without a final record");
}

static enum origin_next
next_of_command(struct origin *o, int final)
{
	int status = shell_end(&o->shell), lasted, code;
	char text[64];

	o->fd = -1;
	lasted = clock_ns(CLOCK_MONOTONIC) - o->began > 2 * o->pause + SECOND;
	code = status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (stopped() || (final && code == 0))
		return ORIGIN_OVER;
	status_text(status, text, sizeof(text));
	/* A run that has ended is not to be computed once more. */
	if (final || (o->tries == 1 && o->received == 0 &&
	    (code == 126 || code == 127))) {
		say(o, "%s", text);
		return ORIGIN_OVER;
	}
	if (lasted)
		o->pause = 0;
	o->pause = o->pause == 0 ? COMMAND_FIRST : 2 * o->pause;
	if (o->pause > COMMAND_LAST)
		o->pause = COMMAND_LAST;
	say(o, "%s: started again in %.1f s", text, (double)o->pause / 1e9);
	return ORIGIN_BROKEN;
}

/*
 * What comes next
 */

enum origin_next
origin_next(struct origin *o, int final)
{
	switch (o->kind) {
	case ORIGIN_FILE:
		return next_of_file(o, final);
	case ORIGIN_SOCKET:
		return final || stopped() ? ORIGIN_OVER : ORIGIN_BROKEN;
	case ORIGIN_COMMAND:
		return next_of_command(o, final);
	case ORIGIN_STREAM:
	case ORIGIN_FIFO:
	case ORIGIN_PATTERN:
		break;
	}
	return ORIGIN_OVER;
}

int
origin_again(struct origin *o)
{
	if (o->kind == ORIGIN_FILE)
		return file_again(o);
	if (o->kind == ORIGIN_SOCKET)
		return socket_again(o);
	/* A command is started by the next read. */
	return origin_pause(o->pause);
}

/*
 * Silence: it is waited for in parts, and who takes twice as long for one has
 * been stopped itself.
 */

int
origin_silent(struct origin *o, int64_t ns)
{
	struct pollfd p = { .fd = o->fd, .events = POLLIN };
	int64_t part = ns / PARTS, from;
	int parts = 0, n;

	while (parts < PARTS) {
		from = clock_ns(CLOCK_MONOTONIC);
		n = poll(&p, 1, (int)(part / 1000000));
		if (n > 0 || (n == -1 && errno != EINTR))
			return 0;	/* what it is, read(2) tells */
		parts += n == 0 &&
		    clock_ns(CLOCK_MONOTONIC) - from < 2 * part;
	}
	return 1;
}

/*
 * Patterns
 */

static int
is_known(const struct origin *o, const char *path)
{
	for (unsigned i = 0; i < o->found; i++)
		if (strcmp(o->paths[i], path) == 0)
			return 1;
	return 0;
}

/* Remember the path. */
static int
add_path(struct origin *o, const char *path)
{
	char **paths = realloc(o->paths, (o->found + 1) * sizeof(*paths));

	if (paths == NULL)
		return -1;
	o->paths = paths;
	if ((paths[o->found] = strdup(path)) == NULL)
		return -1;
	o->found++;
	return 0;
}

unsigned
origin_look(struct origin *o, int (*found)(void *, const char *), void *arg)
{
	unsigned n = 0;
	struct stat sb;
	glob_t g;

	if (glob(o->path, 0, NULL, &g) != 0) {
		if (o->tries++ == 0)
			say(o, "no such file yet: looked for again");
		return 0;
	}
	o->tries++;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		if (is_known(o, g.gl_pathv[i]) ||
		    stat(g.gl_pathv[i], &sb) == -1 ||
		    (!S_ISREG(sb.st_mode) && !S_ISSOCK(sb.st_mode)))
			continue;
		if (o->found >= FILES_MAX) {
			if (!o->told)
				say(o, "more than %d files: the others are "
				    "left out", FILES_MAX);
			o->told = 1;
			break;
		}
		if (add_path(o, g.gl_pathv[i]) == -1)
			break;
		n += found(arg, g.gl_pathv[i]) != 0;
	}
	globfree(&g);
	return n;
}
