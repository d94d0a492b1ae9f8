/*
 * recording: a database, a folder for the file of rows and a log, for the suites of the recorder.
 */
#pragma once
#include "store/kit.h"

#include "base/log.h"
#include "task/record.h"
#include "task/record_file.h"

enum { RECORDING_FILE_MAX = 64 << 20 };

struct fixture {
	KIT_FIXTURE;
	struct record_place place;
	struct loop *loop;
	struct store_thread *thread;
	unsigned next; /* number of the next sample */
	/* what the recorder called back */
	unsigned done, waits, failed, ready, flushed;
	unsigned stop_at; /* end the loop when so many are done */
	struct err flush_err;
};

/* Of the file, and of what was logged since setup. */
extern char recording_path[256], recording_log[256];

/* In the folder; good until the next call. */
const char *recording_at(const char *name);
void recording_set_path(struct fixture *f, const char *name);
int recording_setup(void **state);
#define RECORDING_TEST(name) cmocka_unit_test_setup_teardown(name, recording_setup, kit_teardown)

struct sample *recording_sample(struct fixture *f);
/* The row of the sample of that number, as the file must have it. */
struct str recording_row(struct fixture *f, unsigned n, size_t body_n);
struct str recording_read(struct fixture *f, const char *name);
/* How many events of that level were logged. */
unsigned recording_logged(struct fixture *f, enum log_level level);

/* The header and these samples' rows in this order, to the byte. */
void assert_rows(struct fixture *f, const char *name, unsigned from, unsigned to);
void assert_count(const char *from, unsigned n);
/* Every sample stored once, none waiting, and each row where its sample says that it is. */
void assert_in_step(struct fixture *f, unsigned n);

bool recording_on_postgres(void);
/* The database fails: while a sample is saved; at COMMIT; no more. */
void recording_break_saving(void);
void recording_break_commits(void);
void recording_mend(void);
