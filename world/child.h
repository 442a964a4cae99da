/*
 * child.h - the gnuplot process, and the files in memory that it reads
 *
 * gnuplot runs in a process group of its own, without a shell, with no
 * descriptors but its pipes and the memory files.  One stream of bytes comes
 * back: its stdout and stderr.
 */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>
#include <sys/uio.h>

#include <limits.h>
#include <stdint.h>

/*
 * A file that this process writes and gnuplot opens by path as often as it
 * likes, each time from its beginning.  In memory where that can be, else in
 * a private folder.  The path has no quote in it.
 */
struct memfile {
	int	 fd;
	char	 path[PATH_MAX];
};

/* The folder, if one is needed, goes with memfile_remove().  -1: errno. */
int memfile_new(struct memfile *m, const char *name);
void memfile_remove(void);

/* Replace what it holds by n pieces.  -1: errno. */
int memfile_write(struct memfile *m, const struct iovec *pieces, int n);

/* A copy of what it holds, to be freed; NULL with *len 0 when it is empty,
 * NULL with errno and *len 1 when it cannot be read. */
char *memfile_read(const struct memfile *m, size_t *len);

struct child {
	pid_t	 pid;		/* 0: none */
	int	 in;
	int	 out;		/* does not block */
	int	 window;	/* set by the caller: it may start more */
};

/*
 * Start gnuplot; it inherits the n memory files.  -1 with the errno of what
 * failed, that of exec(2) too.
 */
int child_start(struct child *c, const char *const argv[],
    const char *folder, struct memfile *const *files, unsigned n);

/* Send it text, never waiting; -1 when it takes none. */
int child_send(struct child *c, const char *text);

/* Whether it has ended: *signal is what killed it, or 0.  child_kill() it. */
int child_ended(const struct child *c, int *signal);

/* End it and what it started; gently: one that has nothing to do may end by
 * itself.  Waits for it.  c is none then. */
void child_kill(struct child *c, int gently);

/* A figure that grows while it works, or what it started: any process of its
 * group or, with a window, of its environment. */
uint64_t child_work(const struct child *c);

#endif
