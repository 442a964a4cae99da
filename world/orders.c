/*
 * orders.c - what the run is told, and what it answers: see serve.h
 *
 * Those that obey are control clients.  Each is told a line, and answers it by
 * one, in order: so the n-th answer is the one to the n-th line, however late
 * it comes.  An order is over when all have answered, or some time after;
 * then who asked is answered.
 *
 * What is always true: a part that waits for an answer is in its client's
 * list, which is in the order of the lines; one that does not is in none.
 * Nothing of a client is kept when it has gone, and of its answers what an
 * order still waits for.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format/escape.h"
#include "format/order.h"
#include "format/show.h"
#include "world/relay.h"
#include "world/serve.h"

#define WAIT		(2 * SECOND)	/* for answers of control clients, */
#define WAIT_BELOW	5000		/* ms, and of aptees below */
#define ORDERS		1024		/* at once, */
#define PARTS		65536		/* and answers that they wait for */
#define ANSWER_SHOWN	300		/* characters of an answer */
#define JUNK_MAX	(64 * 1024)	/* bytes that are no answers */

enum part_state {
	PART_WAITS,		/* for its answer */
	PART_TOLD,		/* there will be none */
	PART_ANSWERED,
	PART_GONE
};

/* What an order is to one control client. */
struct part {
	enum part_state	 state;
	struct control	*control;	/* that it waits for */
	struct part	*prev, *next;	/* in that one's list */
	struct order	*order;
	uint64_t	 number;	/* of the line, of those it was told */
	unsigned	 client;
	char		 name[APREC_SOURCE_MAX + 1];
	char		*answer;
};

struct order {
	struct order	*next;
	struct client	*client;	/* that asks; NULL: it has gone */
	uint64_t	 id;
	uint64_t	 serial;	/* in the order they came */
	int		 was_paused;	/* before it */
	char		*told;		/* the line */
	int		 relayed;	/* by an aptee above, which counts */
	int		 below;		/* those below have not answered yet */
	struct relay	*relay;		/* what they did */
	int64_t		 until;		/* no answer is waited for longer, */
	int64_t		 until_below;	/* and none of those below */
	unsigned	 waits;		/* parts that do */
	unsigned	 n;
	struct part	 parts[];
};

/* One that obeys. */
struct control {
	char		 name[APREC_SOURCE_MAX + 1];	/* "": says none */
	int		 mute;		/* it is not listened to */
	uint64_t	 told;		/* lines, */
	uint64_t	 heard;		/* and answers */
	size_t		 junk;		/* bytes that are no answer */
	struct part	*first, *last;	/* that wait for it */
};

/*
 * Parts
 */

/* It waits for the answer to the line that is told next. */
static void
part_waits(struct part *p, struct control *k)
{
	p->state = PART_WAITS;
	p->control = k;
	p->number = k->told + 1;
	p->prev = k->last;
	p->next = NULL;
	if (k->last != NULL)
		k->last->next = p;
	else
		k->first = p;
	k->last = p;
	p->order->waits++;
}

/* It waits for nothing any more. */
static void
part_end(struct part *p, enum part_state state)
{
	struct control *k = p->control;

	if (p->prev != NULL)
		p->prev->next = p->next;
	else
		k->first = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	else
		k->last = p->prev;
	p->control = NULL;
	p->state = state;
	p->order->waits--;
}

static void
end_parts(struct control *k, enum part_state state)
{
	while (k->first != NULL)
		part_end(k->first, state);
}

/*
 * A pause that is remembered
 */

/* With the lock: whether a run that is there says that it is paused. */
static int
says_paused(struct server *s)
{
	for (struct source *so = state_sources(store_state(s->aptee->store));
	    so != NULL; so = so->next)
		if (!so->ended && orders_is_paused(so))
			return 1;
	return 0;
}

int
orders_is_paused(const struct source *so)
{
	const struct record *rec;
	const struct field *f = source_field(so, "control", &rec);
	const char *state = f == NULL ? NULL : field_attr(f, "state");

	return state != NULL && strcmp(state, "paused") == 0;
}

int
orders_paused(struct server *s)
{
	if (s->paused && s->ncontrols == 0 && !says_paused(s))
		s->paused = 0;		/* it went on, and nobody said so */
	return s->paused;
}

/* The order was accepted, or not, and no later one was. */
static void
remember(struct server *s, const struct order *o, int accepted)
{
	if (o->serial < s->remembered)
		return;
	if (strcmp(o->told, "pause") == 0 ||
	    strncmp(o->told, "step ", 5) == 0) {
		s->paused = accepted || o->was_paused;
		s->remembered = o->serial;
	} else if (accepted && (strcmp(o->told, "resume") == 0 ||
	    strcmp(o->told, "stop") == 0)) {
		s->paused = 0;
		s->remembered = o->serial;
	}
}

/*
 * Control clients
 */

static void
tell_control(struct server *s, struct client *c, const char *line)
{
	c->control->told++;
	buffer_puts(&c->out, line);
	buffer_puts(&c->out, "\n");
	serve_send(s, c);
}

void
orders_join(struct server *s, struct client *c, const char *name)
{
	struct control *k = calloc(1, sizeof(*k));
	int paused;

	if (k == NULL) {
		serve_cut(s, c, "client %u: no memory for it", c->number);
		return;
	}
	snprintf(k->name, sizeof(k->name), "%s", name);
	k->mute = *name == '\0';
	pthread_mutex_lock(&s->aptee->lock);
	paused = orders_paused(s);
	pthread_mutex_unlock(&s->aptee->lock);
	s->nnew--;
	s->ncontrols++;
	c->control = k;
	c->kind = CLIENT_CONTROL;
	c->events = POLLIN;
	if (paused)
		tell_control(s, c, "pause");
}

void
orders_leave(struct server *s, struct client *c)
{
	end_parts(c->control, PART_GONE);
	free(c->control);
	c->control = NULL;
	/* Who loses the socket while it is paused goes on. */
	if (--s->ncontrols == 0 && s->nbelow == 0)
		s->paused = 0;
}

/* Its answers can not be told from each other any more. */
static void
mute(struct server *s, struct client *c, const char *why)
{
	c->control->mute = 1;
	end_parts(c->control, PART_TOLD);
	if (why != NULL)
		serve_tell(s, "control %u: %s: it is not listened to any "
		    "more", c->number, why);
}

/* A line, which ends in NUL. */
static void
hear_line(struct server *s, struct client *c, const char *line, size_t len)
{
	struct control *k = c->control;
	struct part *p = k->first;
	struct buffer b = { 0 };
	int known = strncmp(line, "ok ", 3) == 0 ||
	    strncmp(line, "error ", 6) == 0;

	if (k->mute)
		k->junk += len;
	else if (k->heard == k->told)
		mute(s, c, "answers what nobody asked");
	else if (!known)
		mute(s, c, "answers neither ok nor error");
	else if (++k->heard && p != NULL && p->number == k->heard) {
		escape_text(&b, line, strcspn(line, "\r"), ANSWER_SHOWN);
		p->answer = b.failed ? NULL : strdup(buffer_text(&b));
		part_end(p, PART_ANSWERED);
		buffer_free(&b);
	}
}

void
orders_hear(struct server *s, struct client *c, int gone)
{
	struct control *k = c->control;
	char *line = c->line, *eol;
	ssize_t n = serve_recv(c, c->line + c->len, CLIENT_LINE - c->len);

	if (c->eof && !gone)
		mute(s, c, NULL);
	if (n <= 0)
		return;
	c->len += (size_t)n;
	for (; (eol = memchr(line, '\n', c->len)) != NULL; line = eol + 1) {
		*eol = '\0';
		c->len -= (size_t)(eol + 1 - line);
		hear_line(s, c, line, (size_t)(eol + 1 - line));
	}
	memmove(c->line, line, c->len);
	if (c->len == CLIENT_LINE) {
		if (!k->mute)
			mute(s, c, "a line of more than 4096 bytes");
		k->junk += c->len;
		c->len = 0;
	}
	if (k->junk > JUNK_MAX)
		serve_cut(s, c, "control %u: says what nobody wants to know: "
		    "cut off", c->number);
}

/*
 * Orders come
 */

static void
order_free(struct server *s, struct order *o)
{
	for (unsigned i = 0; i < o->n; i++) {
		if (o->parts[i].state == PART_WAITS)
			part_end(&o->parts[i], PART_TOLD);
		free(o->parts[i].answer);
	}
	if (o->client != NULL)
		o->client->order = NULL;
	s->nparts -= o->n;
	s->norders--;
	relay_free(o->relay);
	free(o->told);
	free(o);
}

static struct order *
order_new(struct server *s, const char *told)
{
	struct order *o = calloc(1, sizeof(*o) +
	    s->ncontrols * sizeof(o->parts[0]));

	if (o == NULL || (o->told = strdup(told)) == NULL) {
		free(o);
		return NULL;
	}
	o->serial = ++s->serial;
	s->norders++;
	return o;
}

/* To all that are connected here. */
static void
tell_controls(struct server *s, struct order *o)
{
	for (unsigned i = 0; i < s->nclients; i++) {
		struct client *c = s->clients[i];
		struct part *p = &o->parts[o->n];

		if (c->kind != CLIENT_CONTROL)
			continue;
		o->n++;
		s->nparts++;
		p->order = o;
		p->client = c->number;
		memcpy(p->name, c->control->name, sizeof(p->name));
		if (c->control->mute)
			p->state = PART_TOLD;
		else
			part_waits(p, c->control);
		tell_control(s, c, o->told);
	}
}

/* Whether the order was here before: it came over two paths, or in a circle. */
static int
is_known(const struct server *s, uint64_t id)
{
	for (unsigned i = 0; i < SERVE_SEEN; i++)
		if (s->seen[i] == id)
			return 1;
	return 0;
}

/* Whether all that has published here is over. */
static int
has_ended(struct server *s)
{
	const struct source *so;
	int ended;

	pthread_mutex_lock(&s->aptee->lock);
	so = state_sources(store_state(s->aptee->store));
	ended = so != NULL || s->aptee->running == 0;
	for (; so != NULL; so = so->next)
		ended &= so->ended;
	pthread_mutex_unlock(&s->aptee->lock);
	return ended;
}

static void
nobody(struct server *s, struct buffer *b)
{
	if (has_ended(s)) {
		buffer_puts(b, "error the run has ended\n");
		return;
	}
	buffer_puts(b, "error nobody is listening: start the run with "
	    "APREC_CONTROL=");
	escape_text(b, s->name, strlen(s->name), ANSWER_SHOWN);
	buffer_puts(b, " (see SOCKETS in aptee(1))\n");
}

/* ms: so long it may take. */
static void
take(struct server *s, struct client *c, const char *line, uint64_t id,
    unsigned ms, int relayed)
{
	char told[ORDER_MAX];
	const char *why = order_check(line, told);
	int64_t now = now_ns();
	struct order *o;
	int below;

	if (why != NULL) {
		buffer_printf(&c->out, "error usage: %s\n", why);
		return;
	}
	if (s->norders == ORDERS || s->nparts + s->ncontrols > PARTS ||
	    (below = relay_begin(s, id, told, ms)) == -1 ||
	    (o = order_new(s, told)) == NULL) {
		buffer_puts(&c->out, "error too many orders at once: try "
		    "again\n");
		return;
	}
	o->id = s->seen[s->nseen++ % SERVE_SEEN] = id;
	o->relayed = relayed;
	o->was_paused = s->paused;
	o->until_below = now + (int64_t)ms * 1000000;
	o->until = o->until_below < now + WAIT ? o->until_below : now + WAIT;
	o->below = below;
	tell_controls(s, o);
	if (o->n == 0 && !o->below) {
		order_free(s, o);
		nobody(s, &c->out);
		return;
	}
	if (o->n > 0)
		remember(s, o, 1);
	o->client = c;
	c->order = o;
	c->kind = CLIENT_WAITING;
	o->next = s->orders;
	s->orders = o;
}

void
orders_take(struct server *s, struct client *c, const char *line)
{
	uint64_t id;

	arc4random_buf(&id, sizeof(id));
	take(s, c, line, id, WAIT_BELOW, 0);
}

void
orders_take_relayed(struct server *s, struct client *c, const char *rest)
{
	uint64_t id;
	unsigned ms;
	int n = 0;

	if (sscanf(rest, "%16" SCNx64 " %5u %n", &id, &ms, &n) < 2 ||
	    n == 0 || ms > WAIT_BELOW) {
		buffer_puts(&c->out, "error usage: relay ID ms command\n");
		return;
	}
	if (is_known(s, id))
		buffer_puts(&c->out, "ok it came over another path, too\n");
	else
		take(s, c, rest + n, id, ms, 1);
}

void
orders_forget(struct client *c)
{
	c->order->client = NULL;
	c->order = NULL;
}

/*
 * Orders are over
 */

/* When the source has published last, in ns before now; -1: it has not. */
static int64_t
published(struct server *s, const char *name)
{
	int64_t last = INT64_MIN;
	struct timespec ts;

	pthread_mutex_lock(&s->aptee->lock);
	for (struct source *so = state_sources(store_state(s->aptee->store));
	    so != NULL; so = so->next)
		if (strcmp(so->name, name) == 0 && so->wall > last)
			last = so->wall;
	pthread_mutex_unlock(&s->aptee->lock);
	if (last == INT64_MIN)
		return -1;
	clock_gettime(CLOCK_REALTIME, &ts);
	last = ts.tv_sec * SECOND + ts.tv_nsec - last;
	return last < 0 ? 0 : last;
}

static void
put_waits(struct server *s, struct buffer *b, const struct part *p)
{
	int64_t ns = published(s, p->name);

	if (ns == -1)
		buffer_puts(b, "waits; nothing was published yet");
	else if (ns < WAIT)
		buffer_printf(b, "waits; it has not answered, and published "
		    "%.1f s ago", (double)ns / 1e9);
	else
		buffer_printf(b, "waits; nothing was published for %" PRId64
		    " s", ns / SECOND);
}

/* A line: "ok NAME: text" or "error NAME: text".  Whether it is accepted. */
static int
put_part(struct server *s, struct buffer *b, const struct part *p)
{
	const char *text = p->answer == NULL ? "ok ?" : p->answer;
	int failed = p->state == PART_GONE ||
	    (p->state == PART_ANSWERED && *text == 'e');

	buffer_puts(b, failed ? "error " : "ok ");
	if (*p->name != '\0')
		show_source(b, p->name);
	else
		buffer_printf(b, "client %u", p->client);
	buffer_puts(b, ": ");
	switch (p->state) {
	case PART_WAITS:
		put_waits(s, b, p);
		break;
	case PART_TOLD:
		buffer_puts(b, "told, and does not answer");
		break;
	case PART_ANSWERED:
		buffer_puts(b, strchr(text, ' ') + 1);
		break;
	case PART_GONE:
		buffer_puts(b, "the connection is gone");
		break;
	}
	buffer_puts(b, "\n");
	return !failed;
}

/* All that was answered, a line each. */
static void
collect(struct server *s, const struct order *o, struct buffer *lines,
    unsigned *n, unsigned *accepted)
{
	const struct relay_answer *below;

	*n = o->n;
	*accepted = 0;
	for (unsigned i = 0; i < o->n; i++)
		*accepted += (unsigned)put_part(s, lines, &o->parts[i]);
	if (o->relay != NULL) {
		below = relay_answer(o->relay);
		*n += below->n;
		*accepted += below->accepted;
		buffer_put(lines, below->lines.p, below->lines.len);
	} else if (o->below) {
		++*n;
		buffer_puts(lines, "error sockets that are inputs do not "
		    "answer\n");
	}
}

/* Of a line "ok NAME: text" the text; or from the name on, where it says what
 * is out of reach. */
static const char *
behind_name(const char *line, int text)
{
	const char *name = line + strcspn(line, " ") + 1, *p;

	p = *name == '"' ? strstr(name + 1, "\": ") : strstr(name, ": ");
	if (*line == '\0' || p == NULL || !text)
		return *line == '\0' ? "\n" : name;
	return p + (*name == '"') + 2;
}

/* What who asked is told. */
static void
put_answer(struct server *s, const struct order *o, struct buffer *b,
    struct buffer *lines, unsigned n, unsigned accepted)
{
	const char *line = buffer_text(lines);

	if (n == 0 && o->relay != NULL && *relay_answer(o->relay)->why != '\0')
		buffer_printf(b, "error %s\n", relay_answer(o->relay)->why);
	else if (n == 0)
		nobody(s, b);
	else if (n == 1 && !o->relayed) {
		buffer_puts(b, accepted ? "ok " : "error ");
		buffer_puts(b, behind_name(line, accepted || o->n == 1));
	} else {
		buffer_printf(b, "%s %s: accepted by %u of %u\n",
		    accepted ? "ok" : "error", o->told, accepted, n);
		buffer_puts(b, line);
	}
}

static void
finish(struct server *s, struct order *o)
{
	struct client *c = o->client;
	struct buffer lines = { 0 };
	unsigned n, accepted;

	collect(s, o, &lines, &n, &accepted);
	remember(s, o, accepted > 0);
	if (c != NULL) {
		put_answer(s, o, &c->out, &lines, n, accepted);
		c->kind = CLIENT_ANSWER;
		c->since = now_ns();
	}
	order_free(s, o);
	buffer_free(&lines);
	if (c != NULL)
		serve_send(s, c);
}

/* Orders get what those below have answered. */
static void
take_relays(struct server *s)
{
	struct relay *r;
	struct order *o;

	while ((r = relay_take(s)) != NULL) {
		for (o = s->orders; o != NULL; o = o->next)
			if (o->id == relay_answer(r)->id)
				break;
		if (o == NULL) {
			relay_free(r);
			continue;
		}
		o->relay = r;
		o->below = 0;
	}
}

int64_t
orders_turn(struct server *s, int64_t now)
{
	struct order **p = &s->orders, *o;
	int64_t until = INT64_MAX, at;

	take_relays(s);
	while ((o = *p) != NULL) {
		at = o->below ? o->until_below : INT64_MIN;
		if (o->waits > 0 && o->until > at)
			at = o->until;
		if (at <= now) {
			*p = o->next;
			finish(s, o);
			continue;
		}
		/* It may be over before; then there is something to hear. */
		until = at < until ? at : until;
		p = &o->next;
	}
	return until;
}
