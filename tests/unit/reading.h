/*
 * reading: documents given to the reader, and what it makes of them as text.
 * For the tests of the reader.
 */
#pragma once
#include "unit.h"

#include "base/utf8.h"
#include "provider/reader.h"
#include "provider/registry.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Documents of one reading, each parsed in place in a block of the exact size. */
struct documents {
	char *bytes[4];
	yyjson_doc *docs[4];
	struct reader_list lists[4];
	size_t n;
};

bool document_add(struct documents *d, size_t list, struct str text, struct err *e);
/* The values may go as soon as they are read, the bytes when the result does. */
void documents_free_values(struct documents *d);
void documents_free(struct documents *d);

#define DOCUMENTS_AUTO(name) \
	struct documents name __attribute__((cleanup(documents_free))) = { .n = 0 }

/*
 * A reading as the .want files say it: the canonical form (core/snapshot.h), then
 * "rows N", "skip ID: REASON" and "note TEXT", one a line.
 */
void print_reading(const struct reading *r, struct buf *out);

/* The built-in one. */
const struct descriptor *built_in(struct str slug, struct arena *a);
/* One of our own: `list` is the inside of the list "models"; `more` further lists, with a comma
 * in front. */
const struct descriptor *provider(const char *list, const char *more, struct arena *a);

/*
 * Texts with ' for ", which no test of these needs as it is: lists as they stand in a
 * descriptor, "{…},{…}"; documents of the lists, NULL for one that did not come; and
 * what follows the opening of the models in print_reading().
 */
const struct descriptor *described(const char *lists, struct arena *a);
#define LIST(name) "'name':'" name "','url':'https://a.test/" name "'"
#define assert_reading(d, want, ...) \
	assert_reading_of(d, (const char *const[]){ __VA_ARGS__, NULL, NULL, NULL }, want)
void assert_reading_of(const struct descriptor *d, const char *const *texts, const char *want);
/* The descriptor of these lists is refused with a sentence that begins so, after the file's name. */
void assert_not_described(const char *lists, const char *sentence);

/* One document for each list, two at most, absent where NULL. */
void assert_reads_lists(const struct descriptor *d, const char *const *texts, const char *want);
void assert_reads(const struct descriptor *d, const char *text, const char *want);

#define ACME          "{\"assay\":1,\"provider\":\"acme\",\"models\":["
#define INPUT(amount) "\"prices\":[[\"input_token\",\"\",\"priced\",\"" amount "\",\"USD\"]]"
