/*
 * recap.c - see recap.h
 *
 * What is always true: items are the live records of the file, in the order
 * in which they stand there.
 */
#include <errno.h>
#include <stdlib.h>

#include "past.h"
#include "recap.h"
#include "state.h"

#define SETTLE	((uint64_t)4 << 20)	/* bytes until a live record moves out
					 * of the block it shares */
#define CHECK	((uint64_t)1 << 20)	/* bytes until it is asked again */

struct item {
	struct item	*prev;
	struct item	*next;
	struct holding	*holding;
	uint64_t	 length;
	uint64_t	 at;		/* bytes written until then */
};

struct recap {
	struct pool	*pool;
	struct state	*state;
	struct past	*past;
	struct item	*first;
	struct item	*last;
	struct item	*settled;	/* up to here they are; NULL: none */
	uint64_t	 at;		/* bytes written */
	uint64_t	 begun;		/* at this one the last recap */
	struct recap_mark mark;		/* its mark */
	uint64_t	 checked;	/* where recap_due() looked last */
	uint64_t	 live;		/* bytes of the live records */
	uint64_t	 records;	/* of them */
	int		 news;		/* the past has what the file has not */
	int		 given_up;
	struct source	*source;	/* whose history is next, */
	struct item	*item;		/* and which record then */
	int		 marked;	/* the first has been given */
	size_t		 rows;		/* of a history: the last recap has
					 * them all */
};

/* The state's word that a record is live no more. */
static void
superseded(void *arg, void *user)
{
	struct recap *r = arg;
	struct item *it = user;

	if (r->settled == it)
		r->settled = it->prev;
	*(it->prev != NULL ? &it->prev->next : &r->first) = it->next;
	*(it->next != NULL ? &it->next->prev : &r->last) = it->prev;
	r->live -= it->length;
	r->records--;
	pool_credit(r->pool, sizeof(*it));
	free(it);
}

struct recap *
recap_new(struct pool *pool, size_t memory)
{
	struct recap *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->pool = pool;
	r->past = past_new(pool, memory);
	r->state = state_new(pool, superseded, r);
	if (r->past == NULL || r->state == NULL) {
		recap_free(r);
		return NULL;
	}
	return r;
}

void
recap_give_up(struct recap *r)
{
	state_free(r->state);
	past_free(r->past);
	r->state = NULL;
	r->past = NULL;
	while (r->first != NULL)
		superseded(r, r->first);
	r->given_up = 1;
}

void
recap_free(struct recap *r)
{
	if (r == NULL)
		return;
	recap_give_up(r);
	free(r);
}

static struct item *
item_new(struct recap *r, const struct record *rec)
{
	struct item *it;

	if (pool_charge(r->pool, sizeof(*it)) == -1)
		return NULL;
	if ((it = calloc(1, sizeof(*it))) == NULL) {
		pool_credit(r->pool, sizeof(*it));
		return NULL;
	}
	it->length = rec->length;
	it->at = r->at;
	it->prev = r->last;
	*(r->last != NULL ? &r->last->next : &r->first) = it;
	r->last = it;
	r->live += it->length;
	r->records++;
	return it;
}

/* Live records that have long been so, in blocks they share with others that
 * are not, move to memory of their own. */
static void
settle(struct recap *r)
{
	struct item *it = r->settled != NULL ? r->settled->next : r->first;
	struct record *copy;

	for (; it != NULL && it->at + SETTLE < r->at; it = it->next) {
		copy = record_alone(r->pool, it->holding->rec);
		if (copy != NULL) {
			state_replace(it->holding, copy);
			record_drop(copy);
		}
		r->settled = it;
	}
}

static int
merge(struct recap *r, struct record *rec)
{
	struct holding *live = NULL;
	struct item *it = item_new(r, rec);
	enum state_event e;

	if (it == NULL)
		return -1;
	e = state_merge(r->state, rec, 0, it, &live);
	if (e == STATE_MERGED)
		past_add(r->past, rec);
	it->holding = live;
	if (e != STATE_MERGED || live == NULL)
		superseded(r, it);
	return e == STATE_FAILED ? -1 : 0;
}

int
recap_add(struct recap *r, struct record *rec)
{
	int e;

	if (r->given_up)
		return -1;
	r->at += rec->length;
	if (rec->flags & APREC_HISTORY) {
		past_add(r->past, rec);
		r->news = 1;
		return 0;
	}
	if (merge(r, rec) == -1) {
		e = errno;
		recap_give_up(r);
		errno = e;
		return -1;
	}
	past_prune(r->past, r->state);
	settle(r);
	return 0;
}

int
recap_due(struct recap *r, int end)
{
	uint64_t since = r->at - r->begun, least = RECAP_LEAST, bytes;

	if (r->given_up || state_sources(r->state) == NULL)
		return 0;
	if (end)
		return since > RECAP_END || r->news;
	if (r->news)
		least = 0;
	if (since < least || (r->at - r->checked < CHECK && !r->news))
		return 0;
	r->checked = r->at;
	bytes = r->live + past_bytes(r->past, PAST_SHORT);
	return since >= (r->news ? 1 : RECAP_TIMES) * bytes;
}

void
recap_found(struct recap *r, uint64_t at)
{
	r->mark.at = at;
	r->begun = r->checked = r->at;
	r->news = 0;
}

void
recap_begin(struct recap *r, uint64_t at, int end)
{
	r->rows = end ? PAST_ROWS : PAST_SHORT;
	r->mark.before = r->mark.at;
	r->mark.at = at;
	r->begun = r->checked = r->at;
	r->news = 0;
	r->marked = 0;
	r->source = state_sources(r->state);
	r->item = r->first;
}

/* How many records the recap has that is begun. */
static uint64_t
count_records(const struct recap *r)
{
	uint64_t n = r->records + 1;
	const struct source *s = r->source;

	while (s != NULL && (s = s->next) != NULL)
		n += (uint64_t)past_has(r->past, s->run);
	return n;
}

/*
 * Where there is no memory for a history, a live record stands in its place,
 * so that the recap has as many as it says; the first must be right.
 */
static struct record *
next_history(struct recap *r)
{
	struct record *rec;

	if (!r->marked) {
		r->mark.count = count_records(r);
		rec = past_recap(r->past, r->source, &r->mark, r->rows);
		r->marked = 1;
		r->source = rec == NULL ? NULL : r->source->next;
		if (rec == NULL)
			r->item = NULL;
		return rec;
	}
	while (r->source != NULL && !past_has(r->past, r->source->run))
		r->source = r->source->next;
	if (r->source == NULL)
		return NULL;
	rec = past_recap(r->past, r->source, NULL, r->rows);
	r->source = r->source->next;
	if (rec == NULL && r->first != NULL)
		rec = record_hold(r->first->holding->rec);
	return rec;
}

struct record *
recap_next(struct recap *r)
{
	struct record *rec = NULL;

	if (r->source != NULL && (rec = next_history(r)) != NULL)
		return rec;
	if (r->item != NULL) {
		rec = record_hold(r->item->holding->rec);
		r->item = r->item->next;
	}
	return rec;
}
