/*
 * help-relay - a link with delay, between two devices that it makes
 *
 *	help-relay MS DEVICE DEVICE
 *
 * What is sent into one tun device comes out of the other after so many
 * milliseconds, either way; give them to two network namespaces, and each a
 * rate by tc-tbf(8).  For kernels without netem; Linux only.  Prints "ready"
 * when the devices are there, and runs until it is killed.
 */
#include <sys/ioctl.h>

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/if.h>
#include <linux/if_tun.h>

#define QUEUE	4096		/* packets on their way, each way */
#define PACKET	2048

struct packet {
	int64_t	 due;
	size_t	 len;
	char	 bytes[PACKET];
};

struct way {
	int		 from, to;
	unsigned	 head, tail;
	struct packet	 queue[QUEUE];
};

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static int
make_device(const char *name)
{
	struct ifreq ifr;
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd == -1 || ioctl(fd, TUNSETIFF, &ifr) == -1)
		err(1, "%s", name);
	return fd;
}

/* Take what has come; a full queue loses it, as a link does. */
static void
take(struct way *w, int64_t delay)
{
	struct packet *p;
	char scrap[PACKET];
	ssize_t n;

	for (;;) {
		p = &w->queue[w->tail % QUEUE];
		if (w->tail - w->head == QUEUE)
			n = read(w->from, scrap, sizeof(scrap));
		else
			n = read(w->from, p->bytes, sizeof(p->bytes));
		if (n <= 0)
			return;
		p->len = (size_t)n;
		p->due = now() + delay;
		w->tail += w->tail - w->head < QUEUE;
	}
}

/* Hand on what is due; when the next one is. */
static int64_t
give(struct way *w)
{
	while (w->head != w->tail) {
		struct packet *p = &w->queue[w->head % QUEUE];

		if (p->due > now())
			return p->due;
		(void)!write(w->to, p->bytes, p->len);
		w->head++;
	}
	return INT64_MAX;
}

int
main(int argc, char *argv[])
{
	static struct way ways[2];
	int64_t delay, next, other;

	if (argc != 4)
		errx(1, "usage: help-relay ms device device");
	delay = atoi(argv[1]) * INT64_C(1000000);
	ways[0].from = ways[1].to = make_device(argv[2]);
	ways[1].from = ways[0].to = make_device(argv[3]);
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct pollfd p[2] = { { .fd = ways[0].from,
		    .events = POLLIN }, { .fd = ways[1].from,
		    .events = POLLIN } };
		struct timespec ts = { 0, 0 };

		next = give(&ways[0]);
		other = give(&ways[1]);
		next = other < next ? other : next;
		other = next == INT64_MAX ? INT64_C(1000000000) :
		    next - now();
		ts.tv_nsec = other < 0 ? 0 : (long)(other % 1000000000);
		ts.tv_sec = other < 0 ? 0 : (time_t)(other / 1000000000);
		ppoll(p, 2, &ts, NULL);
		take(&ways[0], delay);
		take(&ways[1], delay);
	}
}
#else
int
main(void)
{
	errx(1, "needs Linux");
}
#endif
