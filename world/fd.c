/*
 * fd.c - see fd.h
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "world/fd.h"

void
fd_grow(int fd)
{
#ifdef F_SETPIPE_SZ
	int now = fcntl(fd, F_GETPIPE_SZ);	/* -1: not a pipe */

	/* More than 256 KiB does not stay in the cache of a core. */
	for (int size = 256 * 1024; now != -1 && size > now; size /= 2)
		if (fcntl(fd, F_SETPIPE_SZ, size) != -1)
			break;
#else
	(void)fd;
#endif
}

/* Wait where somebody has made a shared descriptor non-blocking. */
static int
retry(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (errno == EINTR)
		return 1;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return 0;
	return poll(&p, 1, -1) != -1 || errno == EINTR;
}

ssize_t
fd_read(int fd, void *p, size_t n)
{
	ssize_t got;

	while ((got = read(fd, p, n)) == -1 && retry(fd, POLLIN))
		;
	return got;
}

int
fd_write(int fd, struct iovec *iov, int n, size_t *done)
{
	ssize_t w;

	for (*done = 0; n > 0;) {
		if ((w = writev(fd, iov, n)) == -1) {
			if (retry(fd, POLLOUT))
				continue;
			return -1;
		}
		*done += (size_t)w;
		for (; n > 0 && (size_t)w >= iov->iov_len; iov++, n--)
			w -= (ssize_t)iov->iov_len;
		if (n > 0) {
			iov->iov_base = (char *)iov->iov_base + w;
			iov->iov_len -= (size_t)w;
		}
	}
	return 0;
}

void
fd_init(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDONLY)) != -1 && fd <= STDERR_FILENO)
		;
	close(fd);
}

