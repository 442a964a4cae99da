/*
 * order.h - what a run is told: a line of text
 *
 *	pause		resume, continue	step [N]	stop
 *	set NAME VALUE	at STEP and one of these
 *
 * What a run has obeyed it publishes as the text field `control`, a line each
 * that begins with "at", with the attribute `state`: running, paused or
 * stopping; and as the newest values of its parameters, which have the
 * attribute `role` = parameter.
 */
#ifndef ORDER_H
#define ORDER_H

#include "record.h"

#define ORDER_MAX	4096	/* bytes of a line, with its line feed */

/*
 * The order as it is passed on, into told: "continue" is "resume", and "step"
 * "step 1".  NULL; or the usage of what is wrong with it, a constant text.
 */
const char *order_check(const char *line, char told[ORDER_MAX]);

/* What order_check() knows, for a message. */
#define ORDER_USAGE	"pause, resume (continue), step [n], stop, " \
			"set NAME VALUE, at STEP command"

/* Whether the field is a parameter: a number or text with that role. */
int order_parameter(const struct field *f);

/* Whether records of that table tell of orders and parameters, and of nothing
 * else; such are never thinned out. */
int order_only(const struct table *t);

/* The field that tells what was obeyed, or NULL. */
const struct field *order_obeyed(const struct record *r);

#endif
