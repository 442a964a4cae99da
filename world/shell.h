/*
 * shell.h - shell commands that write a stream
 *
 * Each runs in a process group of its own, with nothing on its standard
 * input.  What a group is sent reaches all that the command has started.
 */
#ifndef SHELL_H
#define SHELL_H

#include <sys/types.h>

#include <stddef.h>

struct shell {
	pid_t		 pid;		/* 0: none */
	int		 fd;		/* its standard output */
	struct shell	*next;
};

/* Run text by sh(1): 0, or -1 and errno. */
int shell_start(struct shell *c, const char *text);

/*
 * The descriptor has been read to its end, and is closed here: wait for the
 * command, and end what it leaves behind.  Returns its status as of wait(2),
 * -1 where that is not known.
 */
int shell_end(struct shell *c);

/* Send all that run a signal; from any thread. */
void shell_signal(int sig);

/* End all that run, within a second, and leave none behind. */
void shell_kill(void);

#endif
