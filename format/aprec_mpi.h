/*
 * aprec_mpi.h - steer a run of several processes that talk through MPI
 *
 *	struct aprec_writer *w = aprec_open(NULL);
 *	aprec_mpi(w, MPI_COMM_WORLD);
 *
 * Only rank 0 is told to pause, go on, stop or change a parameter; the others
 * learn it from rank 0 inside aprec_publish() and aprec_wait(), so that all
 * obey at the same step.  What is always true: a process that waits for rank 0
 * uses no CPU when that takes long, as in a pause, and comes back at once when
 * it does not: it first looks again and again, letting others run in between,
 * and then sleeps for a sixteenth of the time it has waited, at most 10 ms.
 *
 * Needs MPI 3 (of 2012), and writer.c.  It is all in this header; what is
 * built of it need not be when the library is.
 */
#ifndef APREC_MPI_H
#define APREC_MPI_H

#include <sys/select.h>
#include <sys/time.h>

#include <limits.h>
#include <mpi.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>

#include "aprec.h"

/* Let time pass: a sixteenth of the seconds waited so far. */
static inline void
aprec_mpi_rest(double waited)
{
	struct timeval tv = { 0, 10000 };

	if (waited < 800e-6) {	/* a kernel sleeps for 50 us or more */
		sched_yield();
		return;
	}
	if (waited < 160e-3)
		tv.tv_usec = (int)(waited / 16 * 1e6);
	select(0, NULL, NULL, NULL, &tv);
}

/*
 * An aprec_broadcast_fn; arg is a communicator from malloc().  Called with buf
 * NULL it frees that, and is not called again.
 */
static inline int
aprec_mpi_broadcast(void *arg, void *buf, size_t len)
{
	MPI_Comm *comm = (MPI_Comm *)arg;
	MPI_Request request;
	double begun;
	int done;

	if (MPI_Finalized(&done) != MPI_SUCCESS)
		return -1;
	if (buf == NULL) {
		if (!done)
			MPI_Comm_free(comm);
		free(comm);
		return 0;
	}
	if (done || len > INT_MAX || MPI_Ibcast(buf, (int)len, MPI_BYTE, 0,
	    *comm, &request) != MPI_SUCCESS)
		return -1;
	begun = MPI_Wtime();
	while (MPI_Test(&request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS) {
		if (done)
			return 0;
		aprec_mpi_rest(MPI_Wtime() - begun);
	}
	return -1;
}

/*
 * Let w be steered, in a run of all processes of comm, an intracommunicator.
 * Collective: each process calls it once, for a writer of its own, after
 * aprec_open() and before the first publish.  From then on aprec_publish()
 * and aprec_wait() are collective, too, also where nothing is published:
 * every process calls them in the same order, and no process waits for
 * another one in between that is already there.  Each costs one broadcast
 * of a few bytes.
 *
 * comm is duplicated: messages of the program are not mixed up with these,
 * and comm may be freed at any time.  The duplicate is freed by aprec_close(),
 * which is called before MPI_Finalize().  MPI needs no more than
 * MPI_THREAD_SINGLE.  Errors of the duplicate do not end the program.
 *
 * Returns 0, or -1: no memory, no communicator, what MPI says, or an error of
 * the writer.
 */
static inline int
aprec_mpi(struct aprec_writer *w, MPI_Comm comm)
{
	MPI_Comm *own;
	int rank;

	if (comm == MPI_COMM_NULL ||
	    (own = (MPI_Comm *)malloc(sizeof(*own))) == NULL)
		return -1;
	if (MPI_Comm_dup(comm, own) != MPI_SUCCESS) {
		free(own);
		return -1;
	}
	if (MPI_Comm_set_errhandler(*own, MPI_ERRORS_RETURN) != MPI_SUCCESS ||
	    MPI_Comm_rank(*own, &rank) != MPI_SUCCESS) {
		aprec_mpi_broadcast(own, NULL, 0);
		return -1;
	}
	return aprec_broadcast(w, rank, aprec_mpi_broadcast, own);
}

#endif
