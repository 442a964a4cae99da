/*
 * origin.h - where the bytes of an input come from
 *
 *	-		standard input
 *	|command	what sh(1) runs; started again when it breaks
 *	run.*.apr	a pattern: each file that it finds is another input
 *	wave		a run that serves in the user's private folder, if
 *			there is one; connected again when that breaks
 *	path		a socket, likewise; a FIFO; a device; or a file,
 *			which is followed while it grows
 *
 * One thread reads it:
 *
 *	do {
 *		while ((n = origin_read(o, p, room)) > 0)
 *			...
 *		if (n == -1) -> errno, and it is over
 *		switch (origin_next(o, ends_all(&ends))) ...
 *	} while (...);
 *
 * What is to be told goes to say(), from that thread, without a lock held.
 */
#ifndef ORIGIN_H
#define ORIGIN_H

#include <sys/types.h>

#include <stdint.h>

#include "world/shell.h"

enum origin_kind {
	ORIGIN_STREAM,		/* a descriptor: read to its end */
	ORIGIN_FIFO,
	ORIGIN_FILE,
	ORIGIN_PATTERN,
	ORIGIN_SOCKET,
	ORIGIN_COMMAND
};

enum origin_next {
	ORIGIN_OVER,		/* nothing more will come */
	ORIGIN_MORE,		/* the stream goes on: read */
	ORIGIN_BROKEN		/* the stream ended, another may follow:
				 * origin_again() */
};

struct origin {
	enum origin_kind kind;
	char		*name;		/* for messages */
	char		*path;		/* file, pattern, socket or command */
	int		 fd;		/* -1: none */
	dev_t		 dev;
	ino_t		 ino;
	int		 followed;	/* a file: while it grows */
	int		 forever;	/* also where nothing tells its end */
	int		 grown;		/* it did, since it was opened */
	uint64_t	 received;	/* bytes of this stream */
	uint64_t	 asked;		/* more was asked for with so many */
	struct shell	 shell;
	int64_t		 began;		/* this stream, by a steady clock */
	int64_t		 pause;		/* ns before the next try */
	int		 told;		/* that it is tried again */
	unsigned	 tries;		/* streams so far */
	unsigned	 found;		/* by a pattern */
	char		**paths;
	void		(*say)(void *arg, const char *text);
	void		*arg;
};

/*
 * As the user names it.  What does not exist or is no input ends the program
 * with a message; a FIFO is opened and a command started by the first
 * origin_read().
 */
struct origin *origin_open(const char *name);
/* A stream that somebody else has opened; closed by origin_close(). */
struct origin *origin_take(int fd, const char *name);
/* A file or socket that a pattern has found; NULL and errno. */
struct origin *origin_found(const char *path);
/* It is over: nothing is kept but its name. */
void origin_end(struct origin *o);
void origin_close(struct origin *o);	/* the same, and free it */

/* Whether nobody computes at its other end who would have to wait or to be
 * waited for. */
int origin_passive(const struct origin *o);
/* Whether it is made of regular files alone. */
int origin_files(const struct origin *o);

/* As read(2).  0: nothing more for now. */
ssize_t origin_read(struct origin *o, void *p, size_t n);
/*
 * Wait until something can be read; 1 when nothing came for so long.  Time in
 * which this process was stopped itself does not count.
 */
int origin_silent(struct origin *o, int64_t ns);
/* Wait for more; final: every source has had its final record. */
enum origin_next origin_next(struct origin *o, int final);
/* After ORIGIN_BROKEN: wait for another stream.  0: there is none. */
int origin_again(struct origin *o);

/*
 * Files of a pattern that have not been found before, found(arg, path) each,
 * which returns whether it takes the file.  How many were taken.
 */
unsigned origin_look(struct origin *o, int (*found)(void *, const char *),
    void *arg);

/* Wait that long; 0 when all is to end meanwhile. */
int origin_pause(int64_t ns);
/*
 * The user wants the end: nothing is tried again or followed from now on, and
 * commands get the signal.  Any thread.
 */
void origin_stop(int sig);

#endif
