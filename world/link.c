/*
 * link.c - see link.h
 *
 * Linux alone tells (sock_diag(7)); elsewhere nothing is known but what
 * stands in the pipe.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#endif

#include "world/link.h"

#define FULL	8192		/* bytes: less is what is on its way */

struct link {
	int	 fd;		/* what we write */
#ifdef __linux__
	int	 diag;
	struct {
		struct nlmsghdr			 head;
		struct inet_diag_req_v2		 body;
	} request;
#endif
};

#ifdef __linux__
/* "CLIENT PORT SERVER PORT", as sshd leaves it: the server's end is ours. */
static int
parse_connection(struct inet_diag_req_v2 *r, const char *text)
{
	char there[64], here[64];
	unsigned there_port, here_port;

	if (text == NULL || sscanf(text, "%63s %u %63s %u", there, &there_port,
	    here, &here_port) != 4)
		return -1;
	r->sdiag_family = strchr(here, ':') != NULL ? AF_INET6 : AF_INET;
	r->sdiag_protocol = IPPROTO_TCP;
	r->idiag_states = ~0U;
	r->id.idiag_sport = htons((uint16_t)here_port);
	r->id.idiag_dport = htons((uint16_t)there_port);
	r->id.idiag_cookie[0] = r->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	here[strcspn(here, "%")] = there[strcspn(there, "%")] = '\0';
	return inet_pton(r->sdiag_family, here, r->id.idiag_src) == 1 &&
	    inet_pton(r->sdiag_family, there, r->id.idiag_dst) == 1 ? 0 : -1;
}

/* Bytes that the connection has taken and that have not arrived; -1 unknown. */
static int64_t
connection_queue(struct link *l)
{
	union {
		struct nlmsghdr	 head;
		char		 bytes[4096];
	} answer;
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct inet_diag_msg m;
	ssize_t n;

	if (l->diag == -1 || sendto(l->diag, &l->request, sizeof(l->request),
	    0, (struct sockaddr *)&kernel, sizeof(kernel)) == -1)
		return -1;
	do
		n = recv(l->diag, &answer, sizeof(answer), 0);
	while (n == -1 && errno == EINTR);
	if (n < (ssize_t)(NLMSG_HDRLEN + sizeof(m)) ||
	    answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return -1;
	memcpy(&m, answer.bytes + NLMSG_HDRLEN, sizeof(m));
	return m.idiag_wqueue;
}

static void
find_connection(struct link *l)
{
	struct nlmsghdr *h = &l->request.head;

	l->diag = -1;
	/* With a terminal it is the terminal's, and not our output's. */
	if (getenv("SSH_TTY") != NULL || parse_connection(&l->request.body,
	    getenv("SSH_CONNECTION")) == -1)
		return;
	h->nlmsg_len = sizeof(l->request);
	h->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	h->nlmsg_flags = NLM_F_REQUEST;
	l->diag = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
	    NETLINK_SOCK_DIAG);
	if (l->diag != -1 && connection_queue(l) == -1) {
		close(l->diag);
		l->diag = -1;
	}
}
#else
static int64_t
connection_queue(struct link *l)
{
	(void)l;
	return -1;
}

static void
find_connection(struct link *l)
{
	(void)l;
}
#endif

struct link *
link_find(int fd)
{
	struct link *l = calloc(1, sizeof(*l));

	if (l != NULL) {
		l->fd = fd;
		find_connection(l);
	}
	return l;
}

int
link_full(struct link *l)
{
	int64_t queue = connection_queue(l);
	int left = 0;

	if (queue == -1)
		return 0;
	/* What sshd has not taken from the pipe comes on top. */
	if (ioctl(l->fd, FIONREAD, &left) == -1)
		left = 0;
	return queue + left > FULL;
}
