/*
 * Goal: whatever gnuplot is made to write, a terminal gets characters,
 * colours, and the few movements of the cursor that painting needs; what
 * gnuplot says is taken apart rightly, however it is cut into pieces; names
 * of sequences and terminals are read as aplot(1) says.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/replies.h"
#include "format/screen.h"
#include "format/target.h"

static int test, failures;
static uint64_t seed = 1;

static void
ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++test, what);
	failures += !good;
}

static unsigned
chance(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % n;
}

/* Length of an escape sequence that painting may use, or 0. */
static size_t
allowed(const char *p, size_t n)
{
	static const char *const fixed[] = { "\0337", "\0338", "\033[?2026h",
		"\033[?2026l", "\033[?25l", "\033[?25h", "\033[?7l",
		"\033[?7h", "\033[m", "\033[K", "\033[J", "\033[r",
		"\033[4l", "\033(B" };
	size_t i, len;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		len = strlen(fixed[i]);
		if (len <= n && memcmp(p, fixed[i], len) == 0)
			return len;
	}
	if (n < 3 || p[1] != '[')
		return 0;
	i = 2 + strspn(p + 2, "0123456789;");
	return p[i] == 'm' || p[i] == 'H' || p[i] == 'A' || p[i] == 'r' ?
	    i + 1 : 0;
}

/* Whether a terminal may get this. */
static int
harmless(const char *p, size_t n)
{
	size_t k;

	while (n > 0) {
		k = 1;
		if (*p == '\033' && (k = allowed(p, n)) == 0)
			return 0;
		if (*p != '\033' && *p != '\n' && *p != '\r' && *p != '\017' &&
		    ((unsigned char)*p < ' ' || *p == 0x7f))
			return 0;
		/* C1 in UTF-8 */
		if ((unsigned char)*p == 0xc2 && n > 1 &&
		    (unsigned char)p[1] < 0xa0)
			return 0;
		p += k;
		n -= k;
	}
	return 1;
}

/* Bytes that a hostile record might smuggle in, and noise. */
static size_t
noise(char *buf, size_t size)
{
	static const char *const bad[] = { "\033]0;pwned\007", "\033[2J",
		"\033[31m", "\033P1q#0~\033\\", "\033c", "\302\233H", "\033[6n",
		"\033[38;2;1;2;3m", "\f", "\n", "XXXX", "\342\202\254",
		"\033[999999999999999999999m", "\033[;;;;;;;;;;;;;;;;;;;;;m",
		"\033[38;5m", "\342\200\256", "\033", "\033[" };
	size_t n = 0, len, i;

	while (n + 64 < size) {
		i = chance(sizeof(bad) / sizeof(bad[0]) + 6);
		if (i < sizeof(bad) / sizeof(bad[0])) {
			len = strlen(bad[i]);
			memcpy(buf + n, bad[i], len);
			n += len;
		} else {
			buf[n++] = (char)chance(256);
		}
	}
	return n;
}

static void
test_noise(void)
{
	struct screen *s = screen_new(1, 1 << 24), *mono = screen_new(1, 0);
	static char buf[4096];
	const char *out;
	size_t n, len;
	int i, good = 1, plain = 1, sixel = 1;

	for (i = 0; i < 2000; i++) {
		if (i % 100 == 0)
			screen_size(s, 10 + chance(60), 20 + chance(200));
		n = noise(buf, 64 + chance(sizeof(buf) - 64));
		out = screen_text(s, buf, n, &len);
		good &= out != NULL && harmless(out, len);
		out = screen_plain(mono, buf, n, &len);
		plain &= out != NULL && memchr(out, '\033', len) == NULL &&
		    harmless(out, len);
		out = screen_sixel(s, buf, n, &len);
		sixel &= out != NULL && (len == 0 ||
		    strstr(out, "pwned") == NULL);
	}
	ok(good, "painting noise moves nothing but what painting moves");
	ok(plain, "as plain text it has no escapes at all");
	ok(sixel, "of noise, only well-formed sixels are passed on");
	screen_free(s);
	screen_free(mono);
}

static void
test_painting(void)
{
	static const char a[] = "\fone\ntwo\n\033[38;2;1;2;3mXY\033[0;39m\n";
	static const char b[] = "\fone\n2wo\n\033[38;2;1;2;3mXY\033[0;39m\n";
	static const char c[] = "\fone\n2\n\033[38;2;1;2;3mXY\033[0;39m\n";
	static const char six[] = "junk\033P0;1q\"1;1;2;2#0~~-\033\\junk";
	struct screen *s = screen_new(1, 1 << 24);
	const char *out;
	unsigned w, h;
	size_t len;

	ok(screen_size(s, 24, 80) == 20, "of 24 rows the picture has 20");
	ok(screen_size(s, 5, 80) == 0, "of 5 none");
	screen_size(s, 24, 80);
	out = screen_text(s, a, sizeof(a) - 1, &len);
	ok(out != NULL && strstr(out, "one") && strstr(out, "two"),
	    "the first time all rows are painted");
	ok(strstr(out, "38;2;1;2;3m\342\226\210Y") != NULL,
	    "a coloured X is a full block");
	out = screen_text(s, a, sizeof(a) - 1, &len);
	ok(out != NULL && len == 0, "the same again: nothing is");
	out = screen_text(s, b, sizeof(b) - 1, &len);
	ok(out != NULL && strstr(out, "\033[6;1H2\033") && len < 80,
	    "then what changed alone");
	out = screen_text(s, c, sizeof(c) - 1, &len);
	ok(out != NULL && strstr(out, "\033[6;2H\033[K") && len < 80,
	    "also where it has become shorter");
	out = screen_sixel(s, six, sizeof(six) - 1, &len);
	ok(out != NULL && strstr(out, "\033P0;1q\"1;1;2;2#0~~-\033\\") &&
	    !strstr(out, "junk"), "a sixel picture goes through alone");
	out = screen_sixel(s, six, sizeof(six) - 1, &len);
	ok(out != NULL && len == 0, "the same again does not");
	out = screen_sixel(s, "\033Pq~\033]0;pwned\007\033\\", 18, &len);
	ok(out != NULL && len == 0, "one with something in it does not");
	ok(screen_has_sixel("\033[?62;4;6c", 10) == 1 &&
	    screen_has_sixel("\033[?4;6c", 7) == 0 &&
	    screen_has_sixel("\033[?64;14;6c", 11) == 0 &&
	    screen_has_sixel("\033[?62;4;", 8) == -1,
	    "a terminal's answer is read");
	screen_cell_size("\033[6;17;8t\033[?62;4c", 19, &w, &h);
	ok(w == 8 && h == 17, "and how big its cells are");
	screen_cell_size("\033[6;17;8", 9, &w, &h);
	ok(w == 0 && h == 0, "unless it does not say");
	screen_free(s);
}

/* Paint one row with that many colours, in UTF-8 or not. */
static int
paints(int utf8, int colours, const char *row, const char *wanted)
{
	struct screen *s = screen_new(utf8, colours);
	const char *out;
	size_t len;
	int good;

	screen_size(s, 24, 80);
	out = screen_text(s, row, strlen(row), &len);
	good = out != NULL && strstr(out, wanted) != NULL;
	if (!good)
		printf("# wanted %s in %s\n", wanted + 1, out);
	screen_free(s);
	return good;
}

static void
test_colours(void)
{
	static const char red[] = "\033[38;2;250;20;20mXX.";

	ok(paints(1, 1 << 24, red, "\033[0;38;2;250;20;20m"),
	    "where there are all colours they stay");
	ok(paints(1, 256, red, "\033[0;38;5;196m") &&
	    paints(1, 256, "\033[38;2;130;131;130mX", "\033[0;38;5;244m") &&
	    paints(1, 256, "\033[38;2;242;239;236mX", "\033[0;38;5;255m") &&
	    paints(1, 256, "\033[38;2;255;225;220mX", "\033[0;38;5;224m"),
	    "of 256, the nearest by brightness and hue");
	ok(paints(1, 16, red, "\033[0;91m"), "and of 16");
	ok(paints(1, 0, red, "HXX.\033[K"), "or none");
	ok(paints(0, 256, red, "\033[0;7;38;5;196m  \033[0;38;5;196m."),
	    "without UTF-8 a full block is a reversed blank");
	ok(paints(0, 0, "\302\265 \342\200\246 \342\226\222 \303\251",
	    "Hu ~ : ?"), "and characters are those of ASCII");
	ok(paints(1, 1 << 24, "\033[48;2;1;2;3;38;5;9m. \033[49m ",
	    "\033[0;91;48;2;1;2;3m. \033[m"), "colours behind characters");
	/* upper 0xff8000, lower 0x0080ff: 111111 100000 000000 and back */
	ok(paints(1, 1 << 24, "\033[38;2;248;0;143m\356\260\203",
	    "\033[0;38;2;255;129;0;48;2;0;129;255m\342\226\200"),
	    "one character for two colours becomes two halves");
}

/* Feed text in pieces of n bytes and write down what came. */
static void
hear(char *heard, size_t size, const char *text, size_t n)
{
	struct replies *r = replies_new("NONCE");
	struct reply p;
	size_t at, len = strlen(text), used = 0;
	int flush;

	*heard = '\0';
	for (at = 0; at <= len; at += n) {
		flush = at + n > len;
		if (replies_feed(r, text + at, flush ? len - at : n) == -1)
			break;
		while (replies_next(r, flush, &p) != REPLY_MORE)
			used += (size_t)snprintf(heard + used, size - used,
			    "%s%s:%lu:%s|", p.kind == REPLY_OURS ? "!" :
			    p.kind == REPLY_ERROR ? "E" : "-",
			    p.file == NULL ? "" : p.file, p.line, p.text);
	}
	replies_free(r);
}

/* What gnuplot 5.4 says of a wrong script, and other lines. */
#define SAID \
	"\ngnuplot> plot foo\n              ^\n" \
	"         \"/dev/fd/3\" line 12: undefined variable: foo\n\n" \
	"hello \033[31m\n         line 0: warning: odd\n" \
	"partNONCE answer  p 1\nNONCE done 7\nlast\n"

static void
test_replies(void)
{
	static const char wanted[] =
	    "E/dev/fd/3:12:undefined variable: foo|"
	    "-:0:hello \357\277\275[31m|E:0:warning: odd|"
	    "!:0:answer  p 1|!:0:done 7|-:0:last|";
	static char heard[4096], *big;
	size_t n;
	int good = 1;

	for (n = 1; n < 80; n++) {
		hear(heard, sizeof(heard), SAID, n);
		if (strcmp(heard, wanted) != 0)
			good = 0;
	}
	ok(good, "errors, answers and lines, in pieces of any size");
	if (!good)
		printf("# %s\n# %s\n", wanted, heard);
	big = malloc(1 << 20);
	memset(big, 'x', 1 << 20);
	memcpy(big + (1 << 20) - 15, "\nNONCE done 1\n", 15);
	hear(heard, sizeof(heard), "", 1);
	ok(*heard == '\0', "nothing said, nothing heard");
	struct replies *r = replies_new("NONCE");
	struct reply p;
	int lines = 0, ours = 0;
	replies_feed(r, big, (1 << 20) - 1);
	while (replies_next(r, 1, &p) != REPLY_MORE) {
		lines += p.kind == REPLY_LINE;
		ours += p.kind == REPLY_OURS;
	}
	ok(lines == 1 && ours == 1, "of a line of a megabyte the rest is left");
	replies_free(r);
	free(big);
}

static void
test_target(void)
{
	char name[64];

	target_name(name, sizeof(name), "f-%05d%%.png", 12);
	ok(strcmp(name, "f-00012%.png") == 0, "the name of a sequence's file");
	target_name(name, sizeof(name), "%3d", 7);
	ok(strcmp(name, "  7") == 0, "and with blanks");
	ok(target_is_sequence("a.png") == 0 &&
	    target_is_sequence("a%d.png") == 1 &&
	    target_is_sequence("a%%.png") == 0 &&
	    target_is_sequence("%d%d") == -1 &&
	    target_is_sequence("%s") == -1 && target_is_sequence("%") == -1 &&
	    target_is_sequence("%100d") == -1, "what is one");
	ok(target_has("dumb qt x11", "qt") &&
	    target_has("dumb qt x11", "x11") &&
	    !target_has("dumbqt x11", "qt") && !target_has(NULL, "qt"),
	    "whether a list has a terminal");
	ok(strcmp(target_file("png pngcairo", "x.PNG"), "pngcairo") == 0 &&
	    strcmp(target_file("png dumb", "x.png"), "png") == 0 &&
	    target_file("dumb", "x.png") == NULL &&
	    target_ending("x.foo") == NULL, "the terminal of an ending");
	ok(target_kind("qt size 3,4") == TARGET_WINDOW &&
	    target_kind("sixelgd") == TARGET_SIXEL &&
	    target_kind("qtx") == TARGET_OTHER, "what kind a terminal is");
}

int
main(void)
{
	test_noise();
	test_painting();
	test_colours();
	test_replies();
	test_target();
	printf("1..%d\n", test);
	return failures != 0;
}
