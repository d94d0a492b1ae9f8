/*
 * What the built-in descriptors make of documents.  tests/golden/SLUG/ holds small
 * documents in that provider's shape with invented values, and beside each either
 *
 *	CASE.want    what is read (reading.h)
 *	CASE.reject  "KIND: " and the beginning of the sentence that refuses it
 *
 * A document of a further list is CASE.LIST.json; one that is not there could not
 * be fetched.
 */
#include "reading.h"

#include "base/file.h"

#include <dirent.h>

static bool golden_file(const struct descriptor *d, const char *name, const char *suffix,
			struct arena *a, struct str *ret)
{
	struct err e;

	return file_read(
		arena_printf(a, TESTS_DIR "/golden/%.*s/%s%s", STR_FMT(d->slug), name, suffix).at,
		1 << 20, a, ret, &e);
}

/* CASE.json is of the first list, CASE.LIST.json of that list. */
static bool add_documents(const struct descriptor *d, const char *name, struct documents *docs,
			  struct arena *a, struct err *e)
{
	struct str json;

	assert_true(golden_file(d, name, ".json", a, &json));
	if (!document_add(docs, 0, json, e))
		return false;
	for (size_t i = 1; i < d->n_lists; i++) {
		struct str suffix = arena_printf(a, ".%.*s.json", STR_FMT(d->lists[i].name));

		if (golden_file(d, name, suffix.at, a, &json) && !document_add(docs, i, json, e))
			return false;
	}
	return true;
}

/* All that can be wrong is printed: one run shows every case that is. */
static bool check_golden(const struct descriptor *d, const char *name, size_t *ret_rejected)
{
	ARENA_AUTO(a);
	BUF_AUTO(got, 1 << 20);
	DOCUMENTS_AUTO(docs);
	struct reading r = { .rows = 0 };
	struct str want = STR_NONE;
	struct err e;
	bool rejected;
	bool ok;

	ok = add_documents(d, name, &docs, &a, &e) && reader_read(d, docs.lists, &a, &r, &e);
	documents_free_values(&docs);
	rejected = golden_file(d, name, ".reject", &a, &want);
	*ret_rejected += rejected;
	if (!rejected && !golden_file(d, name, ".want", &a, &want))
		print_error("%s has neither .want nor .reject\n", name);
	if (ok)
		print_reading(&r, &got);
	else
		buf_printf(&got, "%s: %s\n", err_kind_name(e.kind), e.text);
	if (ok != rejected &&
	    (rejected ? str_starts(buf_str(&got), str_trim(want)) : str_eq(buf_str(&got), want)))
		return true;
	print_error("%.*s/%s:\n%s\nis not what was wanted:\n%.*s\n", STR_FMT(d->slug), name, got.at,
		    STR_FMT(want));
	return false;
}

/* Documents of further lists are read with their case. */
static int only_cases(const struct dirent *entry)
{
	const char *dot = strchr(entry->d_name, '.');

	return dot && strcmp(dot, ".json") == 0;
}

static size_t check_provider(const struct descriptor *d, struct arena *a)
{
	struct str path = arena_printf(a, TESTS_DIR "/golden/%.*s", STR_FMT(d->slug));
	struct dirent **entries;
	int n = scandir(path.at, &entries, only_cases, alphasort);
	size_t rejected = 0;
	size_t wrong = 0;

	if (n < 2)
		fail_msg("%s holds no documents", path.at);
	for (int i = 0; i < n; i++) {
		struct str name = str_of(entries[i]->d_name);

		wrong += !check_golden(d, arena_cstr(a, (struct str){ name.at, name.n - 5 }),
				       &rejected);
		free(entries[i]);
	}
	free(entries);
	/* For what is accepted, something that must be refused. */
	assert_in_range(rejected, 1, (size_t)n - 1);
	return wrong;
}

static void test_golden(void **state)
{
	ARENA_AUTO(a);
	struct registry r;
	struct err e;
	size_t wrong = 0;

	(void)state;
	if (!registry_load(NULL, &a, &r, &e))
		fail_msg("%s", e.text);
	for (size_t i = 0; i < r.n; i++)
		wrong += check_provider(&r.items[i], &a);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
