#include "store/recording.h"

#include "base/file.h"
#include "store/samples.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

char recording_path[256], recording_log[256];

static char dir[64];

const char *recording_at(const char *name)
{
	static char out[192];

	(void)snprintf(out, sizeof(out), "%s/%s", dir, name);
	return out;
}

void recording_set_path(struct fixture *f, const char *name)
{
	(void)snprintf(recording_path, sizeof(recording_path), "%s", recording_at(name));
	f->place.path = str_of(recording_path);
}

static void remove_all(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *entry;

	assert_non_null(d);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] != '.' && unlinkat(dirfd(d), entry->d_name, 0) != 0) {
			char below[512];

			(void)snprintf(below, sizeof(below), "%s/%s", folder, entry->d_name);
			remove_all(below);
		}
	}
	(void)closedir(d);
	assert_int_equal(rmdir(folder), 0);
}

static void end(void *fixture)
{
	struct fixture *f = fixture;

	if (f->loop) {
		loop_run(f->loop);
		store_thread_stop(f->thread);
		loop_run(f->loop);
		loop_destroy(f->loop);
		f->store = NULL;
	}
	remove_all(dir);
}

int recording_setup(void **state)
{
	struct fixture *f;
	struct log_conf log = { .threshold = LOG_INFO };

	(void)kit_setup(state, sizeof(*f));
	f = *state;
	f->end = end;
	(void)snprintf(dir, sizeof(dir), "/tmp/assay-record-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(recording_log, sizeof(recording_log), "%s", recording_at("log"));
	log.fd = open(recording_log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	log_setup(&log);
	f->place = (struct record_place){ .host = STR("a host/1"), .may_spool = true };
	recording_set_path(f, "rows.csv");
	return 0;
}

/* ---- samples and rows ---- */

struct sample *recording_sample(struct fixture *f)
{
	struct sample *s = arena_new(&f->a, struct sample);
	unsigned n = f->next++;

	*s = samples_bare("acme", "m", T0 + n, OUTCOME_OK);
	s->hf_model = STR("org/m");
	s->cycle_at_ms = T0 + n / 10;
	s->total_us = s->stamps.end_us = 1000 + n;
	s->status = 200;
	return s;
}

struct str recording_row(struct fixture *f, unsigned n, size_t body_n)
{
	unsigned next = f->next;
	struct csv_row r = { .request_body = arena_printf(&f->a, "number %u\n", n) };
	char *body = arena_alloc(&f->a, body_n + 1);
	BUF_AUTO(out, RECORDING_FILE_MAX);

	memset(body, 'b', body_n);
	r.response_body = (struct str){ body, body_n };
	f->next = n;
	r.sample = recording_sample(f);
	f->next = next;
	csv_format(&r, &out);
	return arena_str(&f->a, buf_str(&out));
}

struct str recording_read(struct fixture *f, const char *name)
{
	struct str got = STR_NONE;

	OK(file_read(name, RECORDING_FILE_MAX, &f->a, &got, &f->e));
	return got;
}

void assert_rows(struct fixture *f, const char *name, unsigned from, unsigned to)
{
	BUF_AUTO(want, RECORDING_FILE_MAX);

	buf_add_str(&want, str_of(csv_header));
	for (unsigned n = from; n < to; n++)
		buf_add_str(&want, recording_row(f, n, 5));
	assert_string_equal(recording_read(f, name).at, want.at);
}

void assert_count(const char *from, unsigned n)
{
	char sql[320], want[16];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", from);
	(void)snprintf(want, sizeof(want), "%u\n", n);
	assert_query(sql, want);
}

unsigned recording_logged(struct fixture *f, enum log_level level)
{
	struct str rest = recording_read(f, recording_log);
	struct str want = arena_printf(&f->a, "{\"level\":%d,", (int)level);
	struct str line;
	unsigned n = 0;

	while (str_cut(&rest, '\n', &line))
		n += str_starts(line, want);
	return n;
}

/* ---- a database that fails ---- */

bool recording_on_postgres(void)
{
	return str_starts(str_of(url), STR("postgres"));
}

void recording_break_saving(void)
{
	contract_exec(url, recording_on_postgres()
				   ? "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS"
				     " $$BEGIN RAISE EXCEPTION 'stopped'; END$$;"
				     "CREATE TRIGGER stop BEFORE INSERT ON samples FOR EACH ROW"
				     " EXECUTE FUNCTION stop()"
				   : "CREATE TRIGGER stop BEFORE INSERT ON samples"
				     " BEGIN SELECT RAISE(ABORT, 'stopped'); END");
}

void recording_break_commits(void)
{
	contract_exec(url, "CREATE TABLE stopper (n BIGINT REFERENCES providers (id)"
			   " DEFERRABLE INITIALLY DEFERRED)");
	contract_exec(url, recording_on_postgres()
				   ? "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS"
				     " $$BEGIN INSERT INTO stopper VALUES (-1); RETURN NULL; END$$;"
				     "CREATE TRIGGER stop AFTER INSERT ON samples FOR EACH ROW"
				     " EXECUTE FUNCTION stop()"
				   : "CREATE TRIGGER stop AFTER INSERT ON samples"
				     " BEGIN INSERT INTO stopper VALUES (-1); END");
}

void recording_mend(void)
{
	contract_exec(url,
		      recording_on_postgres() ? "DROP FUNCTION stop CASCADE" : "DROP TRIGGER stop");
}

void assert_in_step(struct fixture *f, unsigned n)
{
	struct stat st;
	char sql[256];

	assert_rows(f, recording_path, 0, n);
	assert_count("samples", n);
	assert_count("csv_spool", 0);
	assert_int_equal(stat(recording_path, &st), 0);
	(void)snprintf(sql, sizeof(sql), "csv_files WHERE bytes = %ld AND row_count = %u",
		       (long)st.st_size, n);
	assert_count(sql, 1);
	(void)snprintf(sql, sizeof(sql),
		       "(SELECT DISTINCT csv_end FROM samples WHERE csv_end > %zu"
		       " AND csv_end <= %ld) ends",
		       strlen(csv_header), (long)st.st_size);
	assert_count(sql, n);
}
