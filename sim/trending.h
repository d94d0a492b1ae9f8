/* SPDX-License-Identifier: MIT */
/*
 * trending: the models that Hugging Face lists as trending, and who serves each, in all the forms
 * in which its site and its API say so.
 *
 * The market of these rows follows from the seed alone.  Some providers are not live, some rows
 * are for other tasks, some providers nobody knows how to ask: whom an honest tracker calls is
 * told by trending_truth().  Where the real provider is played here too, the id at the provider is
 * one of its list at start.
 *
 * Its control routes:
 *	GET  /sim/trending?models=                 the truth of the first so many
 *	POST /sim/trending?models=&page=&spelling=   how many, how many on a page, which words:
 *	                                           provider (today's), name (the old ones), status
 *	POST /sim/fault?provider=huggingface.co&…      models-json fails as lists do (fault.h) …
 *	POST /sim/fault?provider=huggingface.co/api&…  … and so does the API
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "http.h"
#include "market.h"

enum { TRENDING_DEFAULT = 45, TRENDING_MAX = 5000, TRENDING_PAGE = 30, TRENDING_NAME = 64 };

enum trending_spelling {
	TRENDING_PROVIDER, /* "provider", "modelStatus", "providerStatus" */
	TRENDING_OLD,      /* "name", and fewer members */
	TRENDING_LONE,     /* "provider" and one "status" */
	TRENDING_SPELLINGS
};

struct trending_row {
	char *name, *id;                                   /* of the provider, of the model there */
	const char *model_status, *provider_status, *task; /* NULL: not said */
	bool author;
	uint64_t flavour;
};

struct trending_model {
	char *id;
	uint64_t flavour;
	struct trending_row *rows;
	size_t count;
};

struct trending {
	uint64_t seed;
	const struct market *market;
	struct trending_model *models;
	size_t count;
	enum trending_spelling spelling;
	size_t page; /* models on one */
};

void trending_init(struct trending *t, uint64_t seed, const struct market *m);
void trending_release(struct trending *t);
/* So many models; what was there stays. */
void trending_resize(struct trending *t, size_t count);
bool trending_spelling_by_name(const char *name, enum trending_spelling *out);

bool trending_sells(const struct trending *t, const char *provider, const char *id);

/* The document of a request below /huggingface.co; NULL: none there.  *status is that of a refusal
 * or 200. */
struct blob *trending_document(const struct trending *t, const struct http_request *rq,
			       int *status);
/* {"models":[{"id","providers":[{…,"call"}]}],"calls":[{"model","provider","provider_id","path"}]},
 * of the first `max` models. */
void trending_truth(const struct trending *t, size_t max, struct buf *out);
