/*
 * help-client - stdin to a Unix socket, and what comes back to stdout
 *
 *	help-client [-k] socket [text ...]
 *
 * The texts are sent first, each with a line feed.  At the end of stdin it
 * says no more and goes on until the other side has closed; -k: it does not
 * even say that.  That the other side closed while there was more to say is
 * told on stderr: "closed after N bytes".
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned long long sent;

static int
join(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (strlen(path) >= sizeof(sun.sun_path))
		errx(1, "%s: too long", path);
	strcpy(sun.sun_path, path);
	if (fd == -1 || connect(fd, (struct sockaddr *)&sun,
	    sizeof(sun)) == -1)
		err(1, "%s", path);
	return fd;
}

/* -1: it takes no more. */
static int
say(int fd, const char *p, size_t len)
{
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n, sent += (size_t)n)
		if ((n = write(fd, p, len)) == -1) {
			if (errno != EPIPE && errno != ECONNRESET)
				err(1, "write");
			warnx("closed after %llu bytes", sent);
			return -1;
		}
	return 0;
}

int
main(int argc, char *argv[])
{
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int keep = argc > 1 && strcmp(argv[1], "-k") == 0;
	static char buf[64 * 1024];
	ssize_t n;

	argv += 1 + keep;
	if (*argv == NULL)
		errx(1, "usage: help-client [-k] socket [text ...]");
	signal(SIGPIPE, SIG_IGN);
	p[0].fd = STDIN_FILENO;
	p[1].fd = join(*argv++);
	for (; *argv != NULL; argv++)
		if (say(p[1].fd, *argv, strlen(*argv)) == -1 ||
		    say(p[1].fd, "\n", 1) == -1)
			p[0].fd = -1;
	while (poll(p, 2, -1) > 0) {
		if (p[0].revents != 0) {
			n = read(STDIN_FILENO, buf, sizeof(buf));
			if (n <= 0 || say(p[1].fd, buf, (size_t)n) == -1)
				p[0].fd = -1;
			if (n <= 0 && !keep)
				shutdown(p[1].fd, SHUT_WR);
		}
		if (p[1].revents != 0) {
			if ((n = read(p[1].fd, buf, sizeof(buf))) <= 0) {
				if (p[0].fd != -1)
					warnx("closed after %llu bytes", sent);
				break;
			}
			if (write(STDOUT_FILENO, buf, (size_t)n) != n)
				err(1, "stdout");
		}
	}
	return 0;
}
