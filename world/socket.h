/*
 * socket.h - Unix sockets that only their user can reach
 *
 * A name without a slash lies in a private folder of the user: $APTEE_DIR, or
 * /tmp/aptee-UID.  It is ours, not a symbolic link, and nobody else has any
 * right in it, or it is not used.  A name with a slash is a path.  Beside the
 * socket PATH lies PATH.lock, which holds "host pid\n" and is locked while
 * somebody serves.
 *
 * What goes wrong is put into a text, which names the thing and the way out.
 * The errno that comes with it tells kinds apart:
 *
 *	ENOENT, ECONNREFUSED	nobody listens there (now)
 *	EPERM			it is another user's
 *	else			as the system said
 */
#ifndef SOCKET_H
#define SOCKET_H

#include <sys/types.h>
#include <sys/un.h>

#include <stddef.h>

#define SOCKET_PATH	sizeof(((struct sockaddr_un *)0)->sun_path)
#define SOCKET_LOCK	(SOCKET_PATH + 8)	/* PATH.lock */
#define SOCKET_WHY	1024

struct socket_server {
	int		 fd;		/* listens; not blocking */
	int		 lock;
	dev_t		 dev;		/* of the socket in the file system */
	ino_t		 ino;
	char		 path[SOCKET_PATH];
	char		 lock_path[SOCKET_LOCK];
};

/* The private folder, which is made where make is set: 0, or -1 and why. */
int socket_folder(char path[SOCKET_PATH], int make, char why[SOCKET_WHY]);

/* The path that name stands for; the folder is checked.  0, or -1 and why. */
int socket_path(const char *name, char path[SOCKET_PATH], int make,
    char why[SOCKET_WHY]);

/* Whether the file is a socket, and its name may stand for it. */
int socket_is(const char *path);

/*
 * Listen on name: 0, or -1 and why.  Nothing is followed or overwritten; a
 * socket is replaced only where its lock names this host and is free.  To be
 * called while there is one thread (umask).
 */
int socket_listen(struct socket_server *s, const char *name,
    char why[SOCKET_WHY]);
/* Stop, and remove the socket and the lock, if they are still ours. */
void socket_remove(struct socket_server *s);

/* Whether who is at the other end is us, or root. */
int socket_peer_ok(int fd);

/*
 * Connect to name and send the line hello, which has no end of line: a
 * blocking, close-on-exec descriptor, or -1 and why.  Waits at most 5 s where
 * the server does not accept.
 */
int socket_connect(const char *name, const char *hello, char why[SOCKET_WHY]);

#endif
