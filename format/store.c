/*
 * store.c - see store.h
 *
 * What is always true: the list has the entries in the order of their index;
 * each has a record, but for those that a cursor still stands at; an entry
 * without holding is superseded.  Entries up to settled are gone, or live
 * and behind every cursor or beyond every backlog, so that they are given up
 * as soon as they are superseded.  Those with a holding, or that a cursor
 * stands at, are in a list of their own too, in the same order: cursors for
 * live records alone walk that, and are not in the list of cursors.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

/* What an entry costs besides its record's bytes. */
#define OVERHEAD	(sizeof(struct entry) + sizeof(struct record) + \
			    sizeof(struct holding))

struct entry {
	struct entry	*prev;
	struct entry	*next;
	struct entry	*live_prev;
	struct entry	*live_next;
	struct record	*rec;		/* NULL: gone, a cursor stands here */
	struct holding	*holding;	/* NULL: superseded */
	uint64_t	 index;		/* from 1, in the order of arrival */
	uint64_t	 pos;		/* bytes that arrived before it */
	int64_t		 when;		/* it arrived */
	uint32_t	 train;		/* records before it, with the indexes
					 * before its; all superseded */
	unsigned	 input;
	unsigned	 cursors;	/* that stand at it */
	int		 listed;	/* in the list of the live ones */
};

struct store {
	struct pool	*pool;
	struct state	*state;
	size_t		 backlog;
	int64_t		 patience;
	struct entry	*first;
	struct entry	*last;
	struct entry	*live_first;
	struct entry	*live_last;
	struct entry	*settled;	/* the last settled; NULL: none */
	uint64_t	 index;		/* of the last record */
	uint64_t	 pos;		/* bytes that have arrived */
	struct cursor	*cursors;
	uint64_t	 behind;	/* least index a cursor stands at */
	uint64_t	*held;		/* bytes of live records, by input */
	unsigned	 ninputs;
	uint64_t	 duplicates;
};

static void superseded(void *, void *);

struct store *
store_new(struct pool *pool, size_t backlog, int64_t patience)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	if ((s->state = state_new(pool, superseded, s)) == NULL) {
		free(s);
		return NULL;
	}
	s->pool = pool;
	s->backlog = backlog;
	s->patience = patience;
	s->behind = UINT64_MAX;
	return s;
}

/*
 * Entries
 */

/* The newest of the live ones. */
static void
list_live(struct store *s, struct entry *e)
{
	e->live_prev = s->live_last;
	if (s->live_last != NULL)
		s->live_last->live_next = e;
	else
		s->live_first = e;
	s->live_last = e;
	e->listed = 1;
}

static void
unlist_live(struct store *s, struct entry *e)
{
	if (!e->listed)
		return;
	if (e->live_prev != NULL)
		e->live_prev->live_next = e->live_next;
	else
		s->live_first = e->live_next;
	if (e->live_next != NULL)
		e->live_next->live_prev = e->live_prev;
	else
		s->live_last = e->live_prev;
	e->listed = 0;
}

static void
unlink_entry(struct store *s, struct entry *e)
{
	unlist_live(s, e);
	if (s->settled == e)
		s->settled = e->prev;
	if (e->prev != NULL)
		e->prev->next = e->next;
	else
		s->first = e->next;
	if (e->next != NULL)
		e->next->prev = e->prev;
	else
		s->last = e->prev;
	free(e);
}

/* Give up its record, and itself unless a cursor stands at it. */
static void
remove_entry(struct store *s, struct entry *e)
{
	if (e->rec != NULL) {
		record_drop(e->rec);
		e->rec = NULL;
		pool_credit(s->pool, OVERHEAD);
	}
	if (e->cursors == 0)
		unlink_entry(s, e);
}

/* The state's word that an entry is live no more. */
static void
superseded(void *arg, void *user)
{
	struct store *s = arg;
	struct entry *e = user;

	e->holding = NULL;
	s->held[e->input] -= e->rec->length;
	if (e->cursors == 0)
		unlist_live(s, e);
	if (e->index <= s->behind ||
	    (s->settled != NULL && e->index <= s->settled->index))
		remove_entry(s, e);
}

void
store_free(struct store *s)
{
	if (s == NULL)
		return;
	state_free(s->state);
	for (struct entry *e = s->first; e != NULL; e = s->first) {
		e->cursors = 0;
		remove_entry(s, e);
	}
	free(s->held);
	free(s);
}

struct state *
store_state(struct store *s)
{
	return s->state;
}

/* Whether the cursor, if it comes to e, may skip it. */
static int
may_skip(const struct store *s, const struct cursor *c, const struct entry *e,
    int64_t now)
{
	return e->holding == NULL && !c->keep &&
	    (s->pos - e->pos > c->backlog || now - e->when > c->patience);
}

/* Whether some cursor is still to take e. */
static int
is_wanted(const struct store *s, const struct entry *e, int64_t now)
{
	if (e->index <= s->behind)
		return 0;
	for (const struct cursor *c = s->cursors; c != NULL; c = c->next)
		if ((c->at == NULL || c->at->index < e->index) &&
		    (c->keep || !(s->pos - e->pos > c->backlog ||
		    now - e->when > c->patience)))
			return 1;
	return 0;
}

/* A live record that keeps alive a block that it fills to less than half
 * moves to memory of its own. */
static void
settle(struct store *s, struct entry *e)
{
	struct record *copy = record_alone(s->pool, e->rec);

	if (copy == NULL)
		return;
	state_replace(e->holding, copy);
	record_drop(e->rec);
	e->rec = copy;
	e->train = 0;
}

/* Entries that nobody wants, oldest first: give up or settle them. */
static void
trim(struct store *s, int64_t now)
{
	struct entry *e = s->settled != NULL ? s->settled->next : s->first;
	struct entry *next;

	for (; e != NULL; e = next) {
		next = e->next;
		if (e->holding == NULL) {
			if (e->rec != NULL && is_wanted(s, e, now))
				return;
			if (e->cursors > 0)
				s->settled = e;
			remove_entry(s, e);
		} else {
			if (is_wanted(s, e, now) ||
			    (s->pos - e->pos <= s->backlog &&
			    now - e->when <= s->patience))
				return;
			settle(s, e);
			s->settled = e;
		}
	}
}

/* Room to count the bytes that the input holds. */
static int
reserve_input(struct store *s, unsigned input)
{
	uint64_t *held;

	if (input < s->ninputs)
		return 0;
	held = realloc(s->held, (input + 1) * sizeof(*held));
	if (held == NULL)
		return -1;
	memset(held + s->ninputs, 0,
	    (input + 1 - s->ninputs) * sizeof(*held));
	s->held = held;
	s->ninputs = input + 1;
	return 0;
}

static struct entry *
new_entry(struct store *s, struct record *rec, unsigned input, int64_t now)
{
	struct entry *e;

	if (reserve_input(s, input) == -1 ||
	    pool_charge(s->pool, OVERHEAD) == -1)
		return NULL;
	if ((e = calloc(1, sizeof(*e))) == NULL) {
		pool_credit(s->pool, OVERHEAD);
		return NULL;
	}
	e->rec = record_hold(rec);
	e->input = input;
	e->when = now;
	e->pos = s->pos;
	e->train = rec->train;
	e->index = s->index + 1 + rec->train;
	return e;
}

static void
append(struct store *s, struct entry *e)
{
	e->prev = s->last;
	if (s->last != NULL)
		s->last->next = e;
	else
		s->first = e;
	s->last = e;
	s->index = e->index;
	s->pos += e->rec->length * (1 + (uint64_t)e->train);
	if (e->holding != NULL) {
		s->held[e->input] += e->rec->length;
		list_live(s, e);
	}
}

/* Leave out of a train what is not above seq. */
static void
cut_train(struct store *s, struct entry *e, uint64_t seq)
{
	const struct record *rec = e->rec;
	struct header h;

	if (rec->first > seq)
		return;
	for (; e->train > 0; e->train--, e->index--, s->duplicates++) {
		record_header(rec->bytes - e->train * rec->length, &h, NULL);
		if (h.seq > seq)
			return;
	}
}

enum state_event
store_add(struct store *s, struct record *rec, unsigned input, int64_t now)
{
	struct entry *e = new_entry(s, rec, input, now);
	struct holding *h = NULL;
	enum state_event event;

	if (e == NULL)
		return STATE_FAILED;
	if (e->train > 0)
		cut_train(s, e, state_seq(s->state, rec->run));
	event = state_merge(s->state, rec, input, e, &h);
	s->duplicates += event == STATE_DUPLICATE;
	if (event != STATE_MERGED) {
		pool_credit(s->pool, OVERHEAD);
		record_drop(e->rec);
		free(e);
		return event;
	}
	e->holding = h;
	append(s, e);
	trim(s, now);
	return event;
}

uint64_t
store_duplicates(const struct store *s)
{
	return s->duplicates;
}

void
store_input_ended(struct store *s, unsigned input)
{
	state_input_ended(s->state, input);
}

/*
 * Cursors
 */

/* Find the cursor that is furthest behind, and give up what it was the last
 * to pass. */
static void
find_behind(struct store *s)
{
	uint64_t was = s->behind;
	struct entry *e = s->last, *prev;

	s->behind = UINT64_MAX;
	for (const struct cursor *c = s->cursors; c != NULL; c = c->next) {
		uint64_t index = c->at != NULL ? c->at->index : 0;

		if (index < s->behind) {
			s->behind = index;
			e = c->at;
		}
	}
	for (; e != NULL && e->index > was; e = prev) {
		prev = e->prev;
		if (e->holding == NULL)
			remove_entry(s, e);
	}
}

/* Let the cursor stand at e, or nowhere. */
static void
stand(struct store *s, struct cursor *c, struct entry *e)
{
	struct entry *old = c->at;

	if (old == e)
		return;
	c->at = e;
	if (e != NULL)
		e->cursors++;
	if (old == NULL || --old->cursors > 0)
		return;
	if (old->holding == NULL)
		unlist_live(s, old);
	if (old->rec == NULL)
		unlink_entry(s, old);
}

void
store_join(struct store *s, struct cursor *c, int keep)
{
	memset(c, 0, sizeof(*c));
	c->keep = keep;
	c->backlog = s->backlog;
	c->patience = s->patience;
	c->since = s->index;
	c->next = s->cursors;
	s->cursors = c;
	s->behind = 0;
}

void
store_join_live(struct store *s, struct cursor *c)
{
	memset(c, 0, sizeof(*c));
	c->live = 1;
	c->patience = -1;
	c->since = s->index;
}

void
store_leave(struct store *s, struct cursor *c)
{
	struct cursor **p = &s->cursors;

	if (c->live) {
		stand(s, c, NULL);
		return;
	}
	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	stand(s, c, NULL);
	find_behind(s);
}

/* Count up to index: what lies between, and came after the join, is gone. */
static void
count_to(struct cursor *c, uint64_t index)
{
	uint64_t from = c->passed > c->since ? c->passed : c->since;

	if (index > from) {
		c->in += index - from;
		c->dropped += index - from;
	}
	if (index > c->passed)
		c->passed = index;
}

/* Count e as taken, with so many of the records before it. */
static void
count_taken(struct cursor *c, const struct entry *e, uint32_t train)
{
	count_to(c, e->index - 1 - train);
	c->passed = e->index;
	c->in += 1 + (uint64_t)train;
	c->out += 1 + (uint64_t)train;
	c->bytes += (1 + (uint64_t)train) * e->rec->length;
}

/* How many of its train a cursor that takes e is to send: all or none. */
static uint32_t
train_for(const struct store *s, const struct cursor *c,
    const struct entry *e, int64_t now)
{
	if (e->index <= c->since || (!c->keep &&
	    (s->pos - e->pos > c->backlog || now - e->when > c->patience)))
		return 0;
	return e->train;
}

/*
 * The next live entry.  A cursor stands somewhere only while there is more for
 * it: what is new then lies at the end.
 */
static struct entry *
next_live(struct store *s, struct cursor *c)
{
	struct entry *e = NULL, *last;

	if (c->at != NULL)
		e = c->at->live_next;
	else
		for (last = s->live_last; last != NULL &&
		    last->index > c->passed; last = last->live_prev)
			e = last;
	while (e != NULL && e->holding == NULL)
		e = e->live_next;
	if (e == NULL) {
		stand(s, c, NULL);
		count_to(c, s->index);
	}
	return e;
}

/*
 * The next entry for the cursor, which steps over those it skips.  NULL, and
 * everything is counted, when there is none.
 */
static struct entry *
next_entry(struct store *s, struct cursor *c, int64_t now)
{
	struct entry *e = c->at != NULL ? c->at->next : s->first, *next;

	if (c->live)
		return next_live(s, c);
	for (; e != NULL; e = next) {
		next = e->next;
		if (e->rec != NULL && !may_skip(s, c, e, now))
			return e;
		stand(s, c, e);
	}
	count_to(c, s->index);
	return NULL;
}

size_t
store_take_trains(struct store *s, struct cursor *c, struct record **recs,
    uint32_t *trains, size_t max, size_t bytes, int64_t now)
{
	uint64_t was = c->at != NULL ? c->at->index : 0;
	size_t n = 0, sum = 0;
	struct entry *e;

	while (n < max && (e = next_entry(s, c, now)) != NULL) {
		uint32_t train = trains == NULL ? 0 : train_for(s, c, e, now);
		size_t size = (1 + (size_t)train) * (size_t)e->rec->length;

		if (n > 0 && size > bytes - sum)
			break;
		sum += size;
		count_taken(c, e, train);
		if (trains != NULL)
			trains[n] = train;
		recs[n++] = record_hold(e->rec);
		stand(s, c, e);
		if (sum >= bytes)
			break;
	}
	if (c->live && c->at != NULL && c->at->live_next == NULL)
		stand(s, c, NULL);
	if (!c->live && was <= s->behind) {
		find_behind(s);
		trim(s, now);
	}
	return n;
}

size_t
store_take(struct store *s, struct cursor *c, struct record **recs,
    size_t max, size_t bytes, int64_t now)
{
	return store_take_trains(s, c, recs, NULL, max, bytes, now);
}

int
store_pending(struct store *s, struct cursor *c, int64_t now)
{
	return next_entry(s, c, now) != NULL;
}

uint64_t
store_index(const struct store *s)
{
	return s->index;
}

/*
 * Memory
 */

static int
is_free(const struct store *s, size_t want)
{
	return s->pool->limit - atomic_load(&s->pool->used) >= want;
}

int
store_shrink(struct store *s, size_t want)
{
	struct entry *e, *next;

	if (want > s->pool->limit)
		return 0;
	pool_trim(s->pool);
	for (e = s->first; e != NULL && !is_free(s, want); e = next) {
		next = e->next;
		if (e->holding == NULL)
			remove_entry(s, e);
		pool_trim(s->pool);
	}
	for (e = s->first; e != NULL && !is_free(s, want); e = e->next) {
		if (e->holding != NULL)
			settle(s, e);
		pool_trim(s->pool);
	}
	return is_free(s, want);
}

size_t
store_evict(struct store *s, size_t want, unsigned *input)
{
	struct entry *e, *next;
	size_t n = 0;

	*input = 0;
	for (unsigned i = 1; i < s->ninputs; i++)
		if (s->held[i] > s->held[*input])
			*input = i;
	for (e = s->first; e != NULL && !is_free(s, want); e = next) {
		next = e->next;
		if (e->holding == NULL || e->input != *input)
			continue;
		e->cursors++;		/* it must not be gone meanwhile */
		state_evict(s->state, e->holding);
		e->cursors--;
		remove_entry(s, e);
		pool_trim(s->pool);
		n++;
	}
	return n;
}
