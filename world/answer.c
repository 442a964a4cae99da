/*
 * answer.c - commands that come to the socket: see serve.h
 *
 * What is always true: each is answered by a line that begins with "ok" or
 * "error", and no text of a stream is in an answer but made safe to show.
 */
#include <string.h>

#include "world/serve.h"

void
answer_command(struct server *s, struct client *c, char *line)
{
	(void)s;
	(void)line;
	buffer_puts(&c->out, "error no such command\n");
}
