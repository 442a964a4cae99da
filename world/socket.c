/*
 * socket.c - see socket.h
 *
 * What is always true: a socket is made, replaced and removed only by who
 * holds the lock beside it, and that lock is the file that has its name.
 */
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/socket.h"

#define HOST_MAX	256
#define LOCK_MAX	(HOST_MAX + 32)	/* bytes of "host pid\n" */
#define WAIT		5		/* seconds, for a server to accept */
#define TRIES		100		/* at a lock that is just removed */

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL	0		/* SO_NOSIGPIPE is there instead */
#endif

/* Always -1, with the errno given. */
__attribute__((format(printf, 3, 4)))
static int
fails(char why[SOCKET_WHY], int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, SOCKET_WHY, fmt, ap);
	va_end(ap);
	errno = error;
	return -1;
}

/*
 * Names
 */

/* Ours, and nobody else has any right in it. */
static int
check_folder(const char *path, char why[SOCKET_WHY])
{
	struct stat sb;

	if (lstat(path, &sb) == -1)
		return fails(why, errno, "%s: %s", path, strerror(errno));
	if (S_ISLNK(sb.st_mode))
		return fails(why, EPERM, "%s: is a symbolic link, which is "
		    "not followed (set APTEE_DIR to a folder of yours)", path);
	if (!S_ISDIR(sb.st_mode))
		return fails(why, ENOTDIR, "%s: is not a folder (set "
		    "APTEE_DIR to one of yours)", path);
	if (sb.st_uid != geteuid())
		return fails(why, EPERM, "%s: belongs to another user (set "
		    "APTEE_DIR to a folder of yours)", path);
	if (sb.st_mode & 077)
		return fails(why, EPERM, "%s: is open to other users "
		    "(chmod 700 %s)", path, path);
	return 0;
}

int
socket_folder(char path[SOCKET_PATH], int make, char why[SOCKET_WHY])
{
	const char *dir = getenv("APTEE_DIR");
	int n;

	if (dir != NULL && *dir != '\0')
		n = snprintf(path, SOCKET_PATH, "%s", dir);
	else
		n = snprintf(path, SOCKET_PATH, "/tmp/aptee-%ld",
		    (long)geteuid());
	if (n < 0 || (size_t)n >= SOCKET_PATH)
		return fails(why, ENAMETOOLONG, "APTEE_DIR: %d bytes are too "
		    "long for a folder of sockets (at most %zu)", n,
		    SOCKET_PATH - 1);
	if (make && mkdir(path, 0700) == -1 && errno != EEXIST)
		return fails(why, errno, "%s: %s", path, strerror(errno));
	return check_folder(path, why);
}

static int
check_name(const char *name, char why[SOCKET_WHY])
{
	size_t len = strlen(name);

	if (len == 0 || name[0] == '.' ||
	    (len >= 5 && strcmp(name + len - 5, ".lock") == 0))
		return fails(why, EINVAL, "\"%s\": no name for a socket (a "
		    "word without a leading dot and not ending in .lock, or a "
		    "path)", name);
	return 0;
}

int
socket_path(const char *name, char path[SOCKET_PATH], int make,
    char why[SOCKET_WHY])
{
	char folder[SOCKET_PATH];
	int n;

	if (strchr(name, '/') != NULL)
		n = snprintf(path, SOCKET_PATH, "%s", name);
	else if (check_name(name, why) == -1 ||
	    socket_folder(folder, make, why) == -1)
		return -1;
	else
		n = snprintf(path, SOCKET_PATH, "%s/%s", folder, name);
	if (n < 0 || (size_t)n >= SOCKET_PATH)
		return fails(why, ENAMETOOLONG, "%.300s: too long for a "
		    "socket: %d bytes, at most %zu (a shorter name, or set "
		    "APTEE_DIR to a shorter folder)", name, n,
		    SOCKET_PATH - 1);
	return 0;
}

int
socket_is(const char *path)
{
	struct stat sb;

	return lstat(path, &sb) == 0 && S_ISSOCK(sb.st_mode);
}

/*
 * The lock
 */

/* What the lock says: 1 host and pid; 0 nothing; -1 it is no lock. */
static int
read_lock(int fd, char host[HOST_MAX], long *pid)
{
	char text[LOCK_MAX + 1], *space, *end;
	ssize_t n;

	if ((n = pread(fd, text, LOCK_MAX, 0)) <= 0)
		return n == 0 ? 0 : -1;
	text[n] = '\0';
	if ((space = strchr(text, ' ')) == NULL || space == text ||
	    space - text >= HOST_MAX)
		return -1;
	*pid = strtol(space + 1, &end, 10);
	if (end == space + 1 || strcmp(end, "\n") != 0 || *pid <= 0)
		return -1;
	*space = '\0';
	memcpy(host, text, (size_t)(space - text) + 1);
	return 1;
}

static int
write_lock(struct socket_server *s, char why[SOCKET_WHY])
{
	char host[HOST_MAX] = "", text[LOCK_MAX];
	int n;

	if (gethostname(host, sizeof(host) - 1) == -1 || *host == '\0')
		strcpy(host, "localhost");
	n = snprintf(text, sizeof(text), "%s %ld\n", host, (long)getpid());
	if (pwrite(s->lock, text, (size_t)n, 0) != n ||
	    ftruncate(s->lock, n) == -1)
		return fails(why, errno, "%s: %s", s->lock_path,
		    strerror(errno));
	return 0;
}

/* Open the lock file, which must be one: its descriptor, or -1. */
static int
open_lock(const char *path, struct stat *sb, char why[SOCKET_WHY])
{
	char host[HOST_MAX];
	long pid;
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC, 0600);

	if (fd == -1 && (errno == ELOOP || errno == EMLINK))
		return fails(why, errno, "%s: is a symbolic link, which is "
		    "not followed", path);
	if (fd == -1 || fstat(fd, sb) == -1) {
		int e = errno;

		if (fd != -1)
			close(fd);
		return fails(why, e, "%s: %s", path, strerror(e));
	}
	if (S_ISREG(sb->st_mode) && sb->st_uid == geteuid() &&
	    sb->st_nlink <= 1 && read_lock(fd, host, &pid) != -1)
		return fd;
	close(fd);
	return fails(why, EEXIST, "%s: is not a lock of ours (remove it, or "
	    "take another name)", path);
}

static int
is_taken(int fd, const char *path, char why[SOCKET_WHY])
{
	char host[HOST_MAX];
	long pid;

	if (read_lock(fd, host, &pid) == 1)
		return fails(why, EADDRINUSE, "%s: process %ld on %s serves "
		    "it (take another name, or end that)", path, pid, host);
	return fails(why, EADDRINUSE, "%s: another process serves it", path);
}

/*
 * Take the lock: the one that has the name when it is taken, since who ends
 * removes it.
 */
static int
take_lock(struct socket_server *s, char why[SOCKET_WHY])
{
	struct stat sb, now;

	for (int i = 0; i < TRIES; i++) {
		s->lock = open_lock(s->lock_path, &sb, why);
		if (s->lock == -1)
			return -1;
		if (flock(s->lock, LOCK_EX | LOCK_NB) == -1) {
			if (errno == EWOULDBLOCK)
				is_taken(s->lock, s->path, why);
			else
				fails(why, errno, "%s: %s", s->lock_path,
				    strerror(errno));
			break;
		}
		if (lstat(s->lock_path, &now) == 0 &&
		    now.st_dev == sb.st_dev && now.st_ino == sb.st_ino)
			return 0;
		close(s->lock);
		s->lock = -1;
		fails(why, EAGAIN, "%s: comes and goes", s->lock_path);
	}
	if (s->lock != -1) {
		int e = errno;

		close(s->lock);
		errno = e;
	}
	s->lock = -1;
	return -1;
}

/*
 * With the lock: whether what stands at the path may go, and then it goes.  A
 * lock that is free here may still be held on the host that it names.
 */
static int
clear_path(struct socket_server *s, char why[SOCKET_WHY])
{
	char host[HOST_MAX], us[HOST_MAX] = "";
	struct stat sb;
	long pid;
	int left = read_lock(s->lock, host, &pid);

	if (gethostname(us, sizeof(us) - 1) == -1 || *us == '\0')
		strcpy(us, "localhost");
	if (left == 1 && strcmp(host, us) != 0)
		return fails(why, EADDRINUSE, "%s: process %ld on %s serves "
		    "it, or died there (look there, then remove %s)", s->path,
		    pid, host, s->lock_path);
	if (lstat(s->path, &sb) == -1)
		return errno == ENOENT ? 0 : fails(why, errno, "%s: %s",
		    s->path, strerror(errno));
	if (!S_ISSOCK(sb.st_mode))
		return fails(why, EEXIST, "%s: exists and is %s (take "
		    "another name, or remove it)", s->path,
		    S_ISLNK(sb.st_mode) ? "a symbolic link, which is not "
		    "followed" : "not a socket");
	if (left != 1 || sb.st_uid != geteuid())
		return fails(why, EEXIST, "%s: is a socket without a lock of "
		    "ours (remove it if nobody serves it)", s->path);
	if (unlink(s->path) == -1)
		return fails(why, errno, "%s: %s", s->path, strerror(errno));
	return 0;
}

/*
 * Listening
 */

static void
socket_address(struct sockaddr_un *sun, const char *path)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	strcpy(sun->sun_path, path);	/* socket_path() has measured it */
}

static int
new_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), e;

	if (fd == -1)
		return -1;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1) {
		e = errno;
		close(fd);
		errno = e;
		return -1;
	}
#ifdef SO_NOSIGPIPE
	setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &(int){ 1 }, sizeof(int));
#endif
	return fd;
}

/* With the lock, on a free path. */
static int
bind_socket(struct socket_server *s)
{
	struct sockaddr_un sun;
	struct stat sb;
	mode_t mask;
	int result;

	socket_address(&sun, s->path);
	if ((s->fd = new_socket()) == -1)
		return -1;
	mask = umask(0177);
	result = bind(s->fd, (struct sockaddr *)&sun, sizeof(sun));
	umask(mask);
	if (result == -1 || lstat(s->path, &sb) == -1)
		return -1;
	s->dev = sb.st_dev;
	s->ino = sb.st_ino;
	if (fcntl(s->fd, F_SETFL, O_NONBLOCK) == -1 ||
	    listen(s->fd, SOMAXCONN) == -1)
		return -1;
	return 0;
}

int
socket_listen(struct socket_server *s, const char *name, char why[SOCKET_WHY])
{
	int e;

	memset(s, 0, sizeof(*s));
	s->fd = s->lock = -1;
	if (socket_path(name, s->path, 1, why) == -1)
		return -1;
	snprintf(s->lock_path, sizeof(s->lock_path), "%s.lock", s->path);
	if (take_lock(s, why) == -1)
		return -1;
	/* From here on the lock's content is ours to change. */
	if (clear_path(s, why) == -1) {
		e = errno;
		if (lseek(s->lock, 0, SEEK_END) == 0)
			unlink(s->lock_path);	/* made just now */
		close(s->lock);
		s->lock = -1;
		errno = e;
		return -1;
	}
	if (write_lock(s, why) == 0) {
		if (bind_socket(s) == 0)
			return 0;
		fails(why, errno, "%s: %s", s->path, strerror(errno));
	}
	e = errno;
	socket_remove(s);
	errno = e;
	return -1;
}

void
socket_remove(struct socket_server *s)
{
	struct stat sb;

	if (s->fd != -1)
		close(s->fd);
	if (s->ino != 0 && lstat(s->path, &sb) == 0 &&
	    sb.st_dev == s->dev && sb.st_ino == s->ino)
		unlink(s->path);
	if (s->lock != -1) {
		unlink(s->lock_path);
		close(s->lock);
	}
	s->fd = s->lock = -1;
	s->ino = 0;
}

/*
 * Connecting
 */

int
socket_peer_ok(int fd)
{
	uid_t uid;
	gid_t gid;

	return getpeereid(fd, &uid, &gid) == 0 &&
	    (uid == geteuid() || uid == 0);
}

static int
send_line(int fd, const char *line)
{
	size_t len = strlen(line), done = 0;
	char *text = malloc(len + 2);
	ssize_t n = 0;

	if (text == NULL)
		return -1;
	memcpy(text, line, len);
	text[len] = '\n';
	while (done < len + 1) {
		n = send(fd, text + done, len + 1 - done, MSG_NOSIGNAL);
		if (n == -1 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	free(text);
	return done == len + 1 ? 0 : -1;
}

static int
connect_path(int fd, const char *path)
{
	struct sockaddr_un sun;
	struct timeval tv = { .tv_sec = WAIT };
	int result;

	socket_address(&sun, path);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	do
		result = connect(fd, (struct sockaddr *)&sun, sizeof(sun));
	while (result == -1 && errno == EINTR);
	return result;
}

static int
not_connected(const char *name, const char *path, int e, char why[SOCKET_WHY])
{
	const char *what;

	switch (e) {
	case ENOENT:
		what = "no run of that name (\"aptee -L\" lists them)";
		break;
	case ECONNREFUSED:
		what = socket_is(path) ? "nobody serves it any more" :
		    "not a socket";
		break;
	case EAGAIN:
		what = "does not answer";
		break;
	default:
		what = strerror(e);
	}
	return fails(why, e, "%s: %s", name, what);
}

int
socket_connect(const char *name, const char *hello, char why[SOCKET_WHY])
{
	struct timeval never = { 0 };
	char path[SOCKET_PATH];
	int fd, e;

	if (socket_path(name, path, 0, why) == -1)
		return errno == ENOENT ? not_connected(name, "", ENOENT, why) :
		    -1;
	if ((fd = new_socket()) == -1)
		return fails(why, errno, "%s: %s", name, strerror(errno));
	if (connect_path(fd, path) == -1)
		not_connected(name, path, errno, why);
	else if (!socket_peer_ok(fd))
		fails(why, EPERM, "%s: another user serves it", name);
	else if (send_line(fd, hello) == -1)
		not_connected(name, path, errno, why);
	else {
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &never, sizeof(never));
		return fd;
	}
	e = errno;
	close(fd);
	errno = e;
	return -1;
}
