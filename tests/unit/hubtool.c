#include "base/json.h"
#include "net/hub.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * One line in, one line out, both JSON, for tests/flow/test_hub_conformance.py:
 *
 *	{"endpoint","token","repo","revision","retries":"N",
 *	 "commit":{"files":[{"path","content" or "local","if_absent"}…],"title","description",
 *	           "parent","create","pull_request"}}
 *	{"already","commit_oid","commit_url","pull_request_url","status","stale","try_later",
 *	 "retry_after_s","kind","error"}
 *
 * or "look":{"path","max":"N"} in place of "commit", and {"missing","head","content",…}.
 */
static struct str member(yyjson_val *v, const char *key)
{
	return json_raw(yyjson_obj_get(v, key));
}

static bool flag(yyjson_val *v, const char *key)
{
	return yyjson_is_true(yyjson_obj_get(v, key));
}

static uint64_t number(yyjson_val *v, const char *key)
{
	int64_t n = 0;

	(void)str_to_i64(member(v, key), 0, INT64_MAX, &n);
	return (uint64_t)n;
}

static void add_error(struct json_writer *w, const struct err *e)
{
	json_add_str(w, "kind", e ? str_of(err_kind_name(e->kind)) : STR_NONE);
	json_add_str(w, "error", e ? str_of(e->text) : STR_NONE);
}

static void committed(void *arg, const struct hub_result *r, const struct err *e)
{
	struct json_writer *w = arg;

	json_open(w, '{');
	json_add_bool(w, "already", r->already);
	json_add_str(w, "commit_oid", r->commit_oid);
	json_add_str(w, "commit_url", r->commit_url);
	json_add_str(w, "pull_request_url", r->pull_request_url);
	json_add_i64(w, "status", r->status);
	json_add_bool(w, "stale", r->stale);
	json_add_bool(w, "try_later", r->try_later);
	json_add_i64(w, "retry_after_s", (int64_t)r->retry_after_s);
	add_error(w, e);
	json_close(w, '}');
}

static void looked(void *arg, const struct hub_seen *s, const struct err *e)
{
	struct json_writer *w = arg;

	json_open(w, '{');
	json_add_bool(w, "missing", s->missing);
	json_add_str(w, "head", s->head);
	json_add_str(w, "content", s->found ? s->content : STR_NONE);
	json_add_i64(w, "status", s->status);
	json_add_bool(w, "try_later", s->try_later);
	add_error(w, e);
	json_close(w, '}');
}

static struct hub_file *read_files(yyjson_val *list, struct arena *a)
{
	struct hub_file *files = arena_array(a, yyjson_arr_size(list), struct hub_file);
	size_t i, n;
	yyjson_val *v;

	yyjson_arr_foreach(list, i, n, v)
	{
		files[i] = (struct hub_file){
			.path = member(v, "path"),
			.content = member(v, "content"),
			.local = member(v, "local"),
			.if_absent = flag(v, "if_absent"),
		};
	}
	return files;
}

static void ask(yyjson_val *in, struct fetcher *f, struct loop *l, struct arena *a,
		struct json_writer *w)
{
	yyjson_val *commit = yyjson_obj_get(in, "commit");
	yyjson_val *look = yyjson_obj_get(in, "look");
	const struct hub_conf conf = {
		.endpoint = member(in, "endpoint"),
		.token = member(in, "token"),
		.repo = member(in, "repo"),
		.revision = member(in, "revision"),
		.retries = (uint32_t)number(in, "retries"),
		.backoff_ms = 1,
	};
	const struct hub_commit c = {
		.files = read_files(yyjson_obj_get(commit, "files"), a),
		.n_files = yyjson_arr_size(yyjson_obj_get(commit, "files")),
		.title = member(commit, "title"),
		.description = member(commit, "description"),
		.parent = member(commit, "parent"),
		.create = flag(commit, "create"),
		.pull_request = flag(commit, "pull_request"),
	};

	if (look)
		hub_look(f, l, &conf, member(look, "path"), number(look, "max"), looked, w);
	else
		hub_commit(f, l, &conf, &c, committed, w);
	loop_run(l);
}

static void serve(struct str line)
{
	const struct fetch_conf conf = { .retries = 0, .total_timeout_ms = 20 * 1000 };
	ARENA_AUTO(a);
	BUF_AUTO(out, 64 << 20);
	JSON_DOC_AUTO(doc);
	struct json_writer w = { .out = &out };
	struct loop *l = loop_create();
	struct fetcher *f;
	struct err e;

	if (!json_read(line, &doc, &e) || !fetcher_create(&f, l, &conf, &e))
		abort();
	ask(yyjson_doc_get_root(doc), f, l, &a, &w);
	fetcher_destroy(f);
	loop_run(l);
	loop_destroy(l);
	if (puts(buf_str(&out).at) < 0 || fflush(stdout) != 0)
		abort();
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) > 0)
		serve((struct str){ line, (size_t)n });
	free(line);
	return EXIT_SUCCESS;
}
