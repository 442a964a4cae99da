/*
 * command.h - what the commands of aprec share
 *
 *	command.c	options, standard output
 *	intake.c	records from a file or a stream
 *	outlet.c	records to a file or to stdout
 *	check.c		aprec check
 *	control.c	aprec control
 *	play.c		aprec play
 *	recover.c	aprec recover
 *	show.c		aprec ls, csv, json
 *	text.c		aprec text
 *
 * A new command is a struct command, listed in format/aprec.c.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stddef.h>
#include <stdio.h>

#define COMMAND_LOSS	2	/* status: something was passed over */
#define COMMAND_MEMORY	((size_t)1 << 30)	/* -m, for records; of it */
#define COMMAND_SHARE	2	/* one record may have at most half */

struct command {
	const char	*name;
	int		(*run)(int argc, char **argv);	/* the status */
	const char	*usage;		/* what follows the name */
};

extern const struct command command_check, command_control, command_csv,
    command_json, command_ls, command_play, command_recover, command_text;

/* The status of a command that cannot go on: 1, or its own. */
extern int command_error;

/* Print the usage and end. */
void command_usage(const struct command *c, FILE *to, int status)
    __attribute__((noreturn));

/* -m: a size with K, M or G behind it, or end with a message. */
size_t command_size(const char *arg);
/* a,b,c taken apart in place into *list, which it replaces: how many. */
size_t command_list(char *arg, const char ***list);

/* Where the input is stdin for want of a name (unnamed): end with a message if
 * that is a terminal. */
void command_stdin(int unnamed);
/* "-" or a file.  -1: it was told why not. */
int command_open(const char *name);
void command_close(int fd);
/* What to call it in messages. */
const char *command_input(const char *name);

/* To stdout, all of it, or end with a message. */
void command_write(const void *buf, size_t len);

#endif
