/*
 * aprec - everything about records that is neither forwarding nor drawing
 *
 *	aprec text	columns of text into records
 *	aprec ls	one line a record
 *	aprec csv	fields out, for other tools
 *	aprec json
 *	aprec check	is it whole, and where is it not
 *	aprec control	the steering that was applied, to be replayed
 *	aprec play	at the pace at which it was recorded
 *	aprec recover	what is whole of a damaged recording
 *
 * The commands own files, signals and the exit status: world/command.h.
 * Always true: what could not be taken is counted and told on stderr, and the
 * exit status says so.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world/command.h"

static const struct command *const commands[] = {
	&command_check, &command_control, &command_csv, &command_json,
	&command_ls, &command_play, &command_recover, &command_text
};

#define NCOMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void
usage(FILE *to, int status)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(to, "usage: aprec %s %s\n", commands[i]->name,
		    commands[i]->usage);
	exit(status);
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		usage(stderr, 1);
	if (strcmp(argv[1], "-h") == 0)
		usage(stdout, 0);
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (strcmp(argv[1], commands[i]->name) == 0)
			return commands[i]->run(argc - 1, argv + 1);
	warnx("%s: no such command", argv[1]);
	usage(stderr, 1);
}
