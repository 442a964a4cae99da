/*
 * link.h - what stands between a standard output and who reads it
 *
 * sshd takes two megabytes from its child before the child has to wait: at
 * 1 Mbit/s they are 17 seconds old when they arrive.  So who runs under sshd
 * looks how much its connection still has to send, and writes when that is
 * little.
 */
#ifndef LINK_H
#define LINK_H

struct link;

/*
 * The link behind a pipe or socket that we write: NULL where there is nothing
 * to be known of it.
 */
struct link *link_find(int fd);

/* Whether much of what was written has not gone yet. */
int link_full(struct link *l);

#endif
