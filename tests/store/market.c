#include "store/market.h"

struct catalog market_two(struct fixture *f)
{
	struct catalog c = { STR("acme"), arena_array(&f->a, 2, struct model), 2 };

	c.models[0] = contract_model(&f->a, "acme/large", "0.000003", "0.000015");
	c.models[1] = contract_model(&f->a, "acme/small", "0.0000006000000000000001", "0");
	return c;
}

struct contract_counts market_sync(struct fixture *f, const struct catalog *c, int64_t at_ms)
{
	struct contract_counts n = { 0 };

	OK(contract_sync(f->store, c, at_ms, &n, &f->e));
	return n;
}

int64_t market_provider(struct fixture *f, const char *slug)
{
	bool is_active;
	int64_t id;

	OK(store_provider_find(f->store, str_of(slug), &id, &is_active, &f->e));
	return id;
}

struct store_row *market_rows(struct fixture *f, const char *slug, size_t *ret_n)
{
	struct store_row *rows;

	OK(store_load_rows(f->store, market_provider(f, slug), &f->a, &rows, ret_n, &f->e));
	return rows;
}

struct store_state market_state(struct fixture *f, const char *slug)
{
	struct store_state state;

	OK(store_load_state(f->store, market_provider(f, slug), &f->a, &state, &f->e));
	return state;
}

struct store_totals market_totals(struct fixture *f)
{
	struct store_totals t;

	OK(store_totals(f->store, &t, &f->e));
	return t;
}

struct store_observed market_observed(struct fixture *f, int64_t id)
{
	struct store_observed o;

	OK(store_load_observed(f->store, &id, 1, &f->a, &o, &f->e));
	return o;
}

char *market_dump(void)
{
	static const char *const tables[] = { "providers", "models", "model_versions", "prices",
					      "changes" };
	struct buf all = BUF_INIT(64 << 20);

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		char *rows = contract_dump(url, tables[i]);

		buf_printf(&all, "%s\n%s", tables[i], rows);
		free(rows);
	}
	return all.at;
}

void market_save_run(struct fixture *f, struct store_run r)
{
	r.provider_id = market_provider(f, "acme");
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_run(f->store, &r, &f->e));
	OK(store_commit(f->store, &f->e));
}

struct store_provider market_acme(void)
{
	return (struct store_provider){
		.slug = STR("acme"),
		.name = STR("Acme"),
		.base_url = STR("https://acme.test/v1"),
		.site_url = STR("https://acme.test"),
		.supports_streaming = 1,
		.supports_function_calling = 0,
		.supports_vision = -1,
		.supports_image_generation = -1,
	};
}

void market_follow(struct fixture *f, const struct store_provider *p, int64_t now_ms)
{
	bool is_active;
	int64_t id;

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_provider_follow(f->store, p, now_ms, &id, &is_active, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_int_equal(id, market_provider(f, "acme"));
}
