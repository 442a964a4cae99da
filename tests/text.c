/*
 * Goal: what programs print is taken for what it is, and nothing else is:
 * every value stands under its own name, the rest is counted.
 *
 * The samples in tests/text/ were captured from the programs themselves, but
 * for nvidia-smi's, which follows its documentation.  Each is also fed byte by
 * byte: the rows must be the same.
 */
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/text.h"
#include "format/word.h"

static int tests, failures;

static void
ok(int good, const char *name)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, name);
	failures += !good;
}

static void
comment(const char *title, const char *text)
{
	size_t n;

	printf("# %s:\n", title);
	for (; *text != '\0'; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		fputs("#   ", stdout);
		fwrite(text, 1, n, stdout);
		putchar('\n');
	}
}

static void
is(const char *got, const char *wanted, const char *name)
{
	ok(strcmp(got, wanted) == 0, name);
	if (strcmp(got, wanted) != 0) {
		comment("wanted", wanted);
		comment("got", got);
	}
}

/* A text that grows. */
struct string {
	char	*s;
	size_t	 n;
};

static void
add(struct string *t, const char *format, ...)
{
	char buf[4096];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(buf, sizeof(buf), format, ap);
	va_end(ap);
	if ((t->s = realloc(t->s, t->n + (size_t)n + 1)) == NULL)
		abort();
	memcpy(t->s + t->n, buf, (size_t)n + 1);
	t->n += (size_t)n;
}

/* name[units]=value: what a row holds, on one line. */
static void
describe(struct string *out, const struct text_row *row)
{
	const struct text_field *f;
	size_t i, k;

	for (i = 0; i < row->nfields; i++) {
		f = &row->fields[i];
		add(out, "%s%s", i > 0 ? " " : "", f->name);
		if (f->units != NULL)
			add(out, "[%s]", f->units);
		if (f->rank == 1 && f->dims[0] != NULL)
			add(out, "(%s)", f->dims[0]);
		if (f->rank == 2)
			add(out, "(%s:%zu,%s:%zu)", f->dims[0], f->extents[0],
			    f->dims[1], f->extents[1]);
		add(out, f->rank > 0 ? "=<" : "=");
		if (f->kind == TEXT_STRING)
			add(out, "'%.*s'", (int)f->count, (char *)f->data);
		for (k = 0; f->kind != TEXT_STRING && k < f->count; k++) {
			add(out, k > 0 ? "," : "");
			if (f->kind == TEXT_WHOLE)
				add(out, "%jdi",
				    (intmax_t)((const int64_t *)f->data)[k]);
			else
				add(out, "%.9g", ((const double *)f->data)[k]);
		}
		add(out, f->rank > 0 ? ">" : "");
	}
	add(out, row->stamped ? " @%jd\n" : "\n", (intmax_t)row->wall);
}

/* All rows of one input, fed in pieces of so many bytes. */
static char *
parse(const struct text_options *o, const char *s, size_t n, size_t piece,
    struct text_stats *stats)
{
	struct string out = { 0 };
	const struct text_row *row;
	struct text *t = text_new(o);
	size_t len, took;

	if (t == NULL)
		abort();
	add(&out, "");
	while (n > 0) {
		len = n < piece ? n : piece;
		took = text_feed(t, s, len, &row);
		if (row != NULL)
			describe(&out, row);
		s += took;
		n -= took;
	}
	while (text_end(t, &row) > 0)
		describe(&out, row);
	*stats = *text_stats(t);
	text_free(t);
	return out.s;
}

/* The rows that a text gives, and how many of its lines fit not. */
static void
rows(const char *name, const struct text_options *o, const char *input,
    const char *wanted, uint64_t misfits)
{
	struct text_stats stats;
	char *got = parse(o, input, strlen(input), strlen(input) + 1, &stats);
	char *bytes = parse(o, input, strlen(input), 1, &stats);

	is(got, wanted, name);
	if (strcmp(got, bytes) != 0)
		is(bytes, got, "the same byte by byte");
	if (stats.misfits != misfits) {
		ok(0, name);
		printf("# %ju lines did not fit, wanted %ju; the first: %s\n",
		    (uintmax_t)stats.misfits, (uintmax_t)misfits,
		    stats.misfit);
	}
	free(got);
	free(bytes);
}

static char *
slurp(const char *name, size_t *n)
{
	char path[256], *s = malloc(1 << 20);
	FILE *f;

	snprintf(path, sizeof(path), "tests/text/%s", name);
	if (s == NULL || (f = fopen(path, "rb")) == NULL) {
		printf("Bail out! %s: run it from the top of the tree\n", path);
		exit(1);
	}
	*n = fread(s, 1, 1 << 20, f);
	fclose(f);
	return s;
}

/* A captured sample: its number of rows and misfits, first and last row. */
static void
sample(const char *file, uint64_t nrows, uint64_t misfits, const char *first,
    const char *last)
{
	struct text_options o = { 0 };
	struct text_stats stats;
	size_t n;
	char name[128], *s = slurp(file, &n), *got, *bytes, *end;

	got = parse(&o, s, n, n, &stats);
	bytes = parse(&o, s, n, 1, &stats);
	snprintf(name, sizeof(name), "%s: %ju rows, %ju lines beside",
	    file, (uintmax_t)nrows, (uintmax_t)misfits);
	ok(stats.rows == nrows && stats.misfits == misfits, name);
	if (stats.rows != nrows || stats.misfits != misfits)
		printf("# got %ju rows, %ju lines beside, the first: %s\n",
		    (uintmax_t)stats.rows, (uintmax_t)stats.misfits,
		    stats.misfit);
	snprintf(name, sizeof(name), "%s: byte by byte", file);
	ok(strcmp(got, bytes) == 0, name);
	snprintf(name, sizeof(name), "%s: the last row", file);
	if ((end = strrchr(got, '\n')) != NULL)
		*end = '\0';
	is(strrchr(got, '\n') != NULL ? strrchr(got, '\n') + 1 : got, last,
	    name);
	got[strcspn(got, "\n")] = '\0';
	snprintf(name, sizeof(name), "%s: the first row", file);
	is(got, first, name);
	free(s);
	free(got);
	free(bytes);
}

/* What tail -f gives of a log: without what the program says at first. */
static void
test_tails(void)
{
	struct text_options o = { 0 };

	rows("LAMMPS from its second run on", &o,
	    "     200     1.684641\n"
	    "Loop time of 0.05 on 1 procs for 250 steps with 500 atoms\n\n"
	    "Nlocal:        500.000 ave         500 max         500 min\n"
	    "Neighbor list builds = 12\n"
	    "Step Temp Press\n"
	    "     250    1.5685108    6.2559481\n"
	    "Loop time of 0.05 on 1 procs for 250 steps with 500 atoms\n",
	    "c1=200 c2=1.684641\nstep=250i Temp=1.5685108 Press=6.2559481\n",
	    4);
	rows("GROMACS from a step on, as before 2018", &o,
	    "           Step           Time         Lambda\n"
	    "             50        0.10000        0.00000\n\n"
	    "   Energies (kJ/mol)\n"
	    "           Bond Pressure (bar)   Constr. rmsd\n"
	    "    1.69344e+03    2.41982e+02    1.00000e-05\n\n"
	    "nsteps = 5\n",
	    "step=50i time[ps]=0.1 Bond[kJ/mol]=1693.44 Pressure[bar]=241.982 "
	    "Constr_rmsd=1e-05\n", 1);
}

static void
test_samples(void)
{
	sample("vmstat.txt", 30, 0,
	    "r=3 b=0 swpd=0 free=23778608 buff=12752 cache=737084 si=0 so=0 "
	    "bi=1080 bo=452 in=140 cs=329 us=3 sy=1 id=96 wa=0 st=0",
	    "r=2 b=0 swpd=0 free=23778608 buff=12752 cache=737084 si=0 "
	    "so=0 bi=0 bo=0 in=37 cs=63 us=0 sy=0 id=100 wa=0 st=0");
	sample("vmstat-t.txt", 4, 0,
	    "r=4 b=0 swpd=0 free=23778860 buff=12620 cache=736916 si=0 so=0 "
	    "bi=1080 bo=452 in=140 cs=329 us=3 sy=1 id=96 wa=0 st=0 "
	    "UTC='2026-11-20 10:08:57'",
	    "r=1 b=0 swpd=0 free=23778860 buff=12620 cache=736916 si=0 "
	    "so=0 bi=0 bo=0 in=52 cs=90 us=0 sy=0 id=100 wa=0 st=0 "
	    "UTC='2026-11-20 10:09:00'");
	sample("ping.txt", 5, 3,
	    "t[s]=0 icmp_seq=1 ttl=64 time_ms[ms]=0.026 "
	    "@1795169337508525000",
	    "t[s]=4.06178 icmp_seq=5 ttl=64 time_ms[ms]=0.035 "
	    "@1795169341570305000");
	sample("iostat.txt", 8, 1,
	    "user[%]=2.72 nice[%]=0.01 system[%]=1.37 iowait[%]=0.27 "
	    "steal[%]=0.01 idle[%]=95.63",
	    "vda_tps=0 vda_kB_read_s=0 vda_kB_wrtn_s=0 vda_kB_dscd_s=0 "
	    "vda_kB_read=0 vda_kB_wrtn=0 vda_kB_dscd=0");
	sample("iostat-x.txt", 6, 4,
	    "user[%]=2.72 nice[%]=0.01 system[%]=1.37 iowait[%]=0.27 "
	    "steal[%]=0.01 idle[%]=95.63",
	    "vda_r_s=0 vda_rkB_s=0 vda_rrqm_s=0 vda_rrqm[%]=0 "
	    "vda_r_await=0 vda_rareq_sz=0 vda_w_s=0 vda_wkB_s=0 "
	    "vda_wrqm_s=0 vda_wrqm[%]=0 vda_w_await=0 vda_wareq_sz=0 "
	    "vda_d_s=0 vda_dkB_s=0 vda_drqm_s=0 vda_drqm[%]=0 "
	    "vda_d_await=0 vda_dareq_sz=0 vda_f_s=0 vda_f_await=0 "
	    "vda_aqu_sz=0 vda_util[%]=0");
	sample("mpstat.txt", 9, 5,
	    "clock='10:08:58' all_usr[%]=0 all_nice[%]=0 all_sys[%]=0 "
	    "all_iowait[%]=0 all_irq[%]=0 all_soft[%]=0 all_steal[%]=0 "
	    "all_guest[%]=0 all_gnice[%]=0 all_idle[%]=100",
	    "clock='10:09:00' CPU1_usr[%]=0 CPU1_nice[%]=0 CPU1_sys[%]=0 "
	    "CPU1_iowait[%]=0 CPU1_irq[%]=0 CPU1_soft[%]=0 "
	    "CPU1_steal[%]=0 CPU1_guest[%]=0 CPU1_gnice[%]=0 "
	    "CPU1_idle[%]=100");
	sample("sar.txt", 3, 2,
	    "clock='10:08:58' all_user[%]=0 all_nice[%]=0 "
	    "all_system[%]=0 all_iowait[%]=0 all_steal[%]=0 "
	    "all_idle[%]=100",
	    "clock='10:09:00' all_user[%]=0 all_nice[%]=0 "
	    "all_system[%]=0 all_iowait[%]=0 all_steal[%]=0 "
	    "all_idle[%]=100");
	sample("free.txt", 2, 2,
	    "Mem_total=24684092 Mem_used=361492 Mem_free=23856724 "
	    "Mem_shared=8856 Mem_buff_cache=742448 Mem_available=24322600",
	    "Mem_total=24684092 Mem_used=361424 Mem_free=23856760 "
	    "Mem_shared=8856 Mem_buff_cache=742480 Mem_available=24322668");
	sample("lammps.txt", 24, 100,
	    "step=0i Temp=3 E_pair=-6.7733681 E_mol=0 TotEng=-2.2823681 "
	    "Press=-3.7077825",
	    "Press=5.884 E_coul=0 E_long=0");
	sample("gromacs.txt", 5, 387,
	    "step=0i time[ps]=0 LJ_SR[kJ/mol]=2092.56 "
	    "Coulomb_SR[kJ/mol]=-11260.1 Potential[kJ/mol]=-9167.58 "
	    "Kinetic_En[kJ/mol]=1642.44 Total_Energy[kJ/mol]=-7525.15 "
	    "Conserved_En[kJ/mol]=-7525.15 Temperature[K]=305.553 "
	    "Pressure[bar]=3063.03",
	    "step=200i time[ps]=0.4 LJ_SR[kJ/mol]=1585.07 "
	    "Coulomb_SR[kJ/mol]=-10602.6 Potential[kJ/mol]=-9017.57 "
	    "Kinetic_En[kJ/mol]=1570.92 Total_Energy[kJ/mol]=-7446.65 "
	    "Conserved_En[kJ/mol]=-7523.3 Temperature[K]=292.249 "
	    "Pressure[bar]=-27.1523");
	sample("nvidia-smi.txt", 3, 0,
	    "timestamp='2026/11/20 10:12:01.114' index=0 "
	    "name='NVIDIA A100-SXM4-40GB' utilization_gpu[%]=45 "
	    "memory_used[MiB]=1024 power_draw[W]=112.35 temperature_gpu=41",
	    "timestamp='2026/11/20 10:12:03.119' index=0 "
	    "name='NVIDIA A100-SXM4-40GB' utilization_gpu[%]=98 "
	    "memory_used[MiB]=20480 power_draw[W]=nan temperature_gpu=57");
	sample("fortran.txt", 4, 0,
	    "step=1i t[s]=0.01 e[J]=-120 p[Pa]=1e-100",
	    "step=4i t[s]=0.04 e[J]=120 p[Pa]=2.5e+101");
	sample("semicolon.txt", 2, 0,
	    "Zeit=0.5 Temperatur[K]=300.25 Druck_p[Pa]=101325",
	    "Zeit=1 Temperatur[K]=301.5 Druck_p[Pa]=101326");
	sample("pairs.txt", 9, 1, "nx=128", "iter=10 res=0.0001");
}

static void
test_headers(void)
{
	struct text_options o = { 0 };

	rows("numbers without a header are c1, c2 ...", &o,
	    "1 2\n3 4\n", "c1=1 c2=2\nc1=3 c2=4\n", 0);
	rows("a header above", &o, "x u\n1 2\n", "x=1 u=2\n", 0);
	rows("a header in a comment", &o, "# t x\n1 2\n\n% u v\n3 4\n",
	    "t=1 x=2\nu=3 v=4\n", 0);
	rows("a comment between rows is none", &o,
	    "# t x\n1 2\n# all well\n3 4\n", "t=1 x=2\nt=3 x=4\n", 0);
	rows("prose between rows is none", &o,
	    "t x\n1 2\nall well\n3 4\n", "t=1 x=2\nt=3 x=4\n", 1);
	rows("a header that is repeated", &o,
	    "t x\n1 2\nt x\n3 4\n", "t=1 x=2\nt=3 x=4\n", 0);
	rows("another header that shares a name", &o,
	    "Step T\n1 2\nStep P\n3 4\n", "step=1i T=2\nstep=3i P=4\n", 0);
	rows("the line above the header goes by", &o,
	    "some words here\nt x\n1 2\n", "t=1 x=2\n", 1);
	rows("units in a header", &o,
	    "t[s] temp_[K] p(Pa) cpu% %mem\n1 2 3 4 5\n",
	    "t[s]=1 temp[K]=2 p[Pa]=3 cpu[%]=4 mem[%]=5\n", 0);
	rows("units behind a blank", &o, "t (s)  T [K]\n1 2\n",
	    "t[s]=1 T[K]=2\n", 0);
	rows("units on a line below", &o, "t  x   n\n(s) [m] -\n---\n1 2 3\n",
	    "t[s]=1 x[m]=2 n=3\n", 0);
	rows("units on a line below, in a comment", &o,
	    "# gpu   pwr  sm\n# Idx     W   %\n   0    45   -\n",
	    "gpu=0 pwr[W]=45 sm[%]=nan\n", 0);
	rows("headings of several words", &o,
	    "Kinetic En.   Total Energy\n1 2\n",
	    "Kinetic_En=1 Total_Energy=2\n", 0);
	rows("names that are one become two", &o, "x x x\n1 2 3\n",
	    "x=1 x_2=2 x_3=3\n", 0);
	rows("names that C does not know", &o,
	    "2theta TEXT_a HISTORY_b \xce\xb8\xce\xb8 a-b/c\n1 2 3 4 5\n",
	    "_2theta=1 x_TEXT_a=2 x_HISTORY_b=3 c4=4 a_b_c=5\n", 0);
	rows("step and time, however spelt", &o, "STEP Time T\n1 2 3\n",
	    "step=1i time=2 T=3\n", 0);
	rows("a step that is no whole number is a number", &o,
	    "step\n1\n1.5\n2\n", "step=1i\nstep=1.5\nstep=2\n", 0);
	rows("a name of 70 bytes has 63", &o,
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "bbbbbbb\n1\n",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "=1\n", 0);
	rows("an index without a heading", &o, "     a  b\nu    1  2\nv 3 4\n",
	    "u_a=1 u_b=2\nv_a=3 v_b=4\n", 0);
}

static void
test_cells(void)
{
	struct text_options o = { 0 };

	rows("commas", &o, "t,x\n1, 2\n3,4\n", "t=1 x=2\nt=3 x=4\n", 0);
	rows("semicolons, and commas in numbers", &o, "t;x\n1,5;2\n",
	    "t=1.5 x=2\n", 0);
	rows("tabs, and an empty cell", &o, "t\tx\ty\n1\t\t3\n",
	    "t=1 x=nan y=3\n", 0);
	rows("quotes", &o, "\"a, b\",\"c \"\"d\"\"\"\n1,\"2\"\n",
	    "a_b=1 c_d=2\n", 0);
	rows("texts in quotes", &o, "t,s\n1,\"x, \"\"y\"\"\"\n",
	    "t=1 s='x, \"y\"'\n", 0);
	rows("CR LF, CR alone, no end", &o, "t x\r\n1 2\r3 4\r\n5 6",
	    "t=1 x=2\nt=3 x=4\nt=5 x=6\n", 0);
	rows("Fortran", &o, "1.5D+02 1.0-100 -2.5+101 ***** .5 1.\n",
	    "c1=150 c2=1e-100 c3=-2.5e+101 c4=nan c5=0.5 c6=1\n", 0);
	rows("not finite", &o, "NaN -inf +Infinity 1.#QNAN nan(ind) 1\n",
	    "c1=nan c2=-inf c3=inf c4=nan c5=nan c6=1\n", 0);
	rows("numbers with units", &o, "45 %, 1024 MiB\n",
	    "c1[%]=45 c2[MiB]=1024\n", 0);
	rows("missing values", &o, "a,b,c,d\n1,2,3,4\n,N/A,-,[N/A]\n",
	    "a=1 b=2 c=3 d=4\na=nan b=nan c=nan d=nan\n", 0);
	rows("dates and times are texts", &o,
	    "2026-11-20 10:08:57 1.5\n2026-11-20 10:08:58 2.5\n",
	    "c1='2026-11-20 10:08:57' c2=1.5\n"
	    "c1='2026-11-20 10:08:58' c2=2.5\n", 0);
	rows("a clock in the header", &o,
	    "10:08:57 AM  CPU %usr\n10:08:58 AM all 1\n10:08:58 AM 0 2\n",
	    "clock='10:08:58 AM' all_usr[%]=1\n"
	    "clock='10:08:58 AM' CPU0_usr[%]=2\n", 0);
	rows("colours", &o, "\033[1mt x\033[0m\n\033[32m1\033[0m 2\n",
	    "t=1 x=2\n", 0);
	rows("lists and tuples", &o, "[1, 2.5]\n[3 4]\n(5, 6)\n[7.5]\n",
	    "c1=1 c2=2.5\nc1=5 c2=6\n", 2);
	rows("a torn line", &o, "t x y\n1 2 3\n4 5\n6 7 8\n",
	    "t=1 x=2 y=3\nt=6 x=7 y=8\n", 1);
	rows("words where there were numbers", &o, "t x\n1 2\n3 oops\n4 5\n",
	    "t=1 x=2\nt=4 x=5\n", 1);
	rows("other rows without a header, from the second on", &o,
	    "100\n1 2\n3 4\n5 6\n", "c1=100\nc1=3 c2=4\nc1=5 c2=6\n", 1);
	rows("control characters", &o, "1 2\n3 \001 4\n5 6\n",
	    "c1=1 c2=2\nc1=5 c2=6\n", 1);
}

static void
test_pairs(void)
{
	struct text_options o = { 0 };

	rows("in a sentence", &o,
	    "[1700000000.25] 64 bytes from 1.2.3.4: icmp_seq=1 ttl=64 "
	    "time=0.045 ms\n"
	    "[1700000001.5] 64 bytes from 1.2.3.4: icmp_seq=2 ttl=64 "
	    "time=12 ms\n",
	    "t[s]=0 icmp_seq=1 ttl=64 time_ms[ms]=0.045 "
	    "@1700000000250000000\n"
	    "t[s]=1.25 icmp_seq=2 ttl=64 time_ms[ms]=12 "
	    "@1700000001500000000\n", 0);
	rows("seconds that are not since 1970", &o,
	    "[   12.500000] temp=40\n", "t[s]=12.5 temp=40\n", 0);
	rows("key = value, key: value", &o,
	    "energy = -1.5 eV\ntime step: 3\nalpha=1\n",
	    "energy[eV]=-1.5\ntime_step=3\nalpha=1\n", 0);
	rows("several on a line", &o,
	    "Step: 5  Loss: 0.5, lr: 1e-3\nstep 6 loss 0.4\n"
	    "Epoch [3/10], Loss: 0.43\na=1,b=2;c=x\n",
	    "step=5i Loss=0.5 lr=0.001\nstep=6i loss=0.4\n"
	    "Loss=0.43 Epoch=3\na=1 b=2 c='x'\n", 0);
	rows("behind a log's date and level", &o,
	    "2026-11-20 10:00:00,123 INFO step: 5 res: 1e-7\n"
	    "[WARNING] cfl=0.9\n",
	    "step=5i res=1e-07\ncfl=0.9\n", 0);
	rows("units in brackets, of several words", &o,
	    "CPU = 0.5 (sec)\nmomentum = 2 kg m/s\n",
	    "CPU[sec]=0.5\nmomentum[kg m/s]=2\n", 0);
	rows("what is none", &o,
	    "Created 500 atoms\nstatus: running\na == 1\n"
	    "rtt min/avg/max = 0.039/0.128/0.217 ms\nat 10:20:30 = noon\n"
	    "Histogram: 1 0 0 0\n", "", 6);
	rows("Quantum ESPRESSO", &o, "!    total energy   =   -15.79 Ry\n",
	    "total_energy[Ry]=-15.79\n", 0);
	rows("VASP", &o, "   1 T=  1235. E= -.123E+03\n",
	    "T=1235 E=-123\n", 0);
	rows("so many of so many", &o, "step 3 of 10\nstep 4/10: r = 1\n",
	    "step=3i\nstep=4i r=1\n", 0);
	rows("Keras", &o, "  5/100 [==>...........] - ETA: 3s - 5ms/step - "
	    "loss: 0.69 - accuracy: 0.5\n",
	    "ETA[s]=3 loss=0.69 accuracy=0.5\n", 0);
	rows("XGBoost", &o, "[7]\ttrain-rmse:0.5\ttest-rmse:0.75\n",
	    "train_rmse=0.5 test_rmse=0.75\n", 0);
	rows("tqdm", &o, " 45%|###  | 45/100 [00:10<00:12, 4.50it/s, "
	    "loss=0.12]\r", "loss=0.12\n", 0);
	rows("JSON, and Python's dictionaries", &o,
	    "{\"step\": 5, \"phase\": \"train\", \"loss\": 1e-3}\n"
	    "{'loss': 0.5, 'ok': True}\n{}\n{\"a\": [1]}\n{\"a\": {}}\n",
	    "step=5i phase='train' loss=0.001\nloss=0.5 ok='True'\n", 3);
	rows("c0", &o, "c0=340\n", "c0=340\n", 0);
	rows("a name twice", &o, "x=1 x=2\n", "x=1 x_2=2\n", 0);
}

static void
test_blocks(void)
{
	struct text_options block = { .per = TEXT_BLOCK };
	struct text_options file = { .per = TEXT_FILE };
	static const char *const text = "# x u\n0 1\n1 2\n\n# t = 0.5\n"
	    "0 3\n1 4\n2 5\n\n\n";

	rows("a blank line ends a block", &block, text,
	    "x(x)=<0,1> u(x)=<1,2>\n"
	    "x(x)=<0,1,2> u(x)=<3,4,5> t=0.5\n", 0);
	rows("a file is one record", &file, text,
	    "x=<0,1,0,1,2> u=<1,2,3,4,5> t=0.5\n", 0);
	rows("the coordinate has to rise or fall", &block, "1 2\n0 3\n0 4\n",
	    "c1=<1,0,0> c2=<2,3,4>\n", 0);
	rows("one column has no coordinate", &block, "1\n2\n", "c1=<1,2>\n",
	    0);
	file.coordinate = "2";
	rows("a coordinate that was asked for", &file, "1 2\n3 1\n",
	    "c1(c2)=<1,3> c2(c2)=<2,1>\n", 0);
	file.coordinate = NULL;
	rows("a grid, x along its rows", &file,
	    "x y z\n0 0 1\n1 0 2\n2 0 3\n\n0 5 4\n1 5 5\n2 5 6\n\n",
	    "x(x)=<0,1,2> y(y)=<0,5> z(y:2,x:3)=<1,2,3,4,5,6>\n", 0);
	rows("a grid, y along its rows", &file,
	    "# t = 2\n# x y z\n0 0 1\n0 5 4\n\n1 0 2\n1 5 5\n\n\n"
	    "2 0 3\n2 5 6\n",
	    "t=2 x(x)=<0,1,2> y(y)=<0,5> z(y:2,x:3)=<1,2,3,4,5,6>\n", 0);
	file.per = TEXT_INDEX;
	rows("grids, with two blank lines between", &file,
	    "x y z\n0 0 1\n1 0 2\n\n0 5 4\n1 5 5\n\n\n"
	    "0 0 3\n1 0 3\n\n0 5 3\n1 5 3\n",
	    "x(x)=<0,1> y(y)=<0,5> z(y:2,x:2)=<1,2,4,5>\n"
	    "x(x)=<0,1> y(y)=<0,5> z(y:2,x:2)=<3,3,3,3>\n", 0);
	file.per = TEXT_FILE;
	rows("what is nearly a grid", &file,
	    "x y z\n0 0 1\n1 0 2\n\n0 5 4\n1 6 5\n",
	    "x=<0,1,0,1> y=<0,0,5,6> z=<1,2,4,5>\n", 0);
	rows("rows of different length are no grid", &file,
	    "x y z\n0 0 1\n1 0 2\n\n0 5 4\n1 5 5\n2 5 6\n",
	    "x=<0,1,0,1,2> y=<0,0,5,5,5> z=<1,2,4,5,6>\n", 0);
	rows("steps are whole", &file, "step e\n0 1\n10 2\n",
	    "step(step)=<0i,10i> e(step)=<1,2>\n", 0);
	rows("what a row has not is not a number", &file,
	    "step a\n1 2\nstep b\n2 3\n",
	    "step(step)=<1i,2i> a(step)=<2,nan> b(step)=<nan,3>\n", 0);
	rows("tables apart are of different length", &file,
	    "dev x y\na 1 2\n\np q\n3 4\n5 6\n",
	    "a_x=<1> a_y=<2> p(p)=<3,5> q(p)=<4,6>\n", 0);
	rows("a text that is always the same is kept", &file,
	    "t,s,v\n1,run,2\n2,run,3\n", "t(t)=<1,2> s='run' v(t)=<2,3>\n",
	    0);
	rows("and one that changes is not", &file,
	    "t,s,v\n1,a,2\n2,b,3\n", "t(t)=<1,2> v(t)=<2,3>\n", 0);
}

static void
test_options(void)
{
	static const char *const names[] = { "a", "", "c" };
	static const char *const units[] = { "s", "", "K" };
	struct text_options o = { .names = names, .nnames = 3 };

	rows("names given, and one left out", &o, "p q r s\n1 2 3 4\n",
	    "a=1 c=3 c4=4\n", 0);
	rows("a row that has not as many", &o, "1 2\n1 2 3\n", "a=1 c=3\n", 1);
	o = (struct text_options){ .units = units, .nunits = 3 };
	rows("units given", &o, "p q[m] r[m]\n1 2 3\n",
	    "p[s]=1 q=2 r[K]=3\n", 0);
	o = (struct text_options){ .step = "it", .time = "3" };
	rows("step and time told", &o, "it e when\n5 6 7\n",
	    "step=5i e=6 t=7\n", 0);
	o = (struct text_options){ .label = "gpu" };
	rows("a column of labels", &o, "gpu,util\n0,5\n1,6\n",
	    "gpu0_util=5\ngpu1_util=6\n", 0);
	o = (struct text_options){ .separator = '|' };
	rows("bars", &o, "| a | b |\n|---|---|\n| 1 | 2 |\n", "a=1 b=2\n", 0);
	o = (struct text_options){ .separator = ',' };
	rows("only the separator that was told", &o, "1;2\n1 2\n4,5\n",
	    "c1=4 c2=5\n", 2);
	o = (struct text_options){ .skip = 2 };
	rows("lines that are skipped", &o, "1 2\n3 4\nx y\n5 6\n",
	    "x=5 y=6\n", 0);
}

/* Lines and columns without end, and all there is of bytes. */
static void
test_limits(void)
{
	struct text_options o = { 0 };
	struct text_options file = { .per = TEXT_FILE, .memory = 1 << 10 };
	struct text_stats stats;
	const size_t n = 3 << 20;
	char *s = malloc(n), *got;
	size_t i;
	uint32_t x = 1;

	memset(s, '7', n);
	s[n - 4] = '\n', s[n - 3] = '1', s[n - 2] = '\n', s[n - 1] = '2';
	got = parse(&o, s, n, 65536, &stats);
	is(got, "c1=1\nc1=2\n", "a line of 3 MB is passed over");
	ok(stats.overlong == 1 && stats.misfits == 1, "and counted");
	free(got);

	for (i = 0; i < n; i++)
		s[i] = i % 2 ? ' ' : '1';
	s[TEXT_LINE_MAX - 10] = '\n';
	got = parse(&o, s, TEXT_LINE_MAX, 65536, &stats);
	ok(stats.rows == 1 && stats.misfits == 1,
	    "500,000 columns are no row");
	free(got);

	for (i = 0; i < 4096; i++)
		s[i] = i % 2 ? ' ' : 'x';
	for (i = 0; i < 4096; i++)
		s[4096 + i] = i % 2 ? ' ' : '1';
	s[4095] = s[8191] = '\n';
	got = parse(&o, s, 8192, 8192, &stats);
	ok(stats.rows == 1 && strstr(got, " x_2048=1\n") != NULL,
	    "2,048 columns of one name");
	free(got);

	for (i = 0; i < n; i++)
		s[i] = i % 4 == 3 ? '\n' : i % 4 == 1 ? ' ' : '1';
	got = parse(&file, s, n, 65536, &stats);
	ok(stats.unkept > 0 && stats.unkept + stats.rows == stats.lines,
	    "rows beyond the memory are counted");
	free(got);

	for (i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		s[i] = (char)(x >> 24);
	}
	got = parse(&o, s, n, 4096, &stats);
	ok(stats.binary > stats.lines / 2, "noise is called binary");
	free(got);
	free(s);
}

static void
test_words(void)
{
	double v;
	int64_t i;
	char text[16];

	ok(word_integer("9223372036854775807", 19, &i) && i == INT64_MAX &&
	    word_integer("-9223372036854775808", 20, &i) && i == INT64_MIN &&
	    !word_integer("9223372036854775808", 19, &i), "integers");
	ok(!word_number("1e", 2, 0, &v) && !word_number("1.0-10", 6, 0, &v) &&
	    !word_number("12-345", 6, 0, &v) && !word_number("0x1", 3, 0, &v) &&
	    !word_number(".", 1, 0, &v) && !word_number("*", 1, 0, &v) &&
	    !word_number("1,5", 3, 0, &v) && word_number("1,5", 3, 1, &v),
	    "what is no number");
	ok(word_text(text, sizeof(text), "a\033]b\xff\xc2\x9b" "c\tde", 11) ==
	    11 && strcmp(text, "a?]b???c de") == 0, "texts made safe");
	ok(word_text(text, 4, "ab\xc3\xa4", 4) == 2, "cut at a character");
}

int
main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_words();
	test_headers();
	test_cells();
	test_pairs();
	test_blocks();
	test_options();
	test_limits();
	test_tails();
	test_samples();
	printf("1..%d\n", tests);
	return failures > 0;
}
