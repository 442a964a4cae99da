/*
 * fd.h - descriptors that others may share
 *
 * Others may have made them non-blocking: these wait all the same.
 */
#ifndef FD_H
#define FD_H

#include <sys/types.h>
#include <sys/uio.h>

/* A pipe as large as this system lets it be.  A refusal is no error. */
void fd_grow(int fd);
ssize_t fd_read(int fd, void *p, size_t n);
/* All of iov, which is used up; *done counts the bytes also on failure. */
int fd_write(int fd, struct iovec *iov, int n, size_t *done);
/* Give 0, 1 and 2, where they are closed, to nobody: they must not become a
 * recording's. */
void fd_init(void);

#endif
