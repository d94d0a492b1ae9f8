/*
 * endpoints: where a provider of Hugging Face's router is asked for a chat.
 *
 * A table name → URL, "{providerId}" allowed in it, built in (data/endpoints.json) and laid
 * over entry by entry by the operator's file; null takes an entry out.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct endpoints;

/* `file`: the operator's JSON, or absent; `origin` names it in errors.  ERR_CONFIG names the entry. */
bool endpoints_parse(struct str file, const char *origin, struct arena *a, struct endpoints **ret,
		     struct err *e);
/* Absent: nobody says where.  providerId is put in with its slashes. */
struct str endpoints_url(const struct endpoints *m, struct str provider, struct str provider_id,
			 struct arena *a);
