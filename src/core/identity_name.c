#include "core/identity_name.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static struct str part(struct str s, size_t from, size_t to)
{
	return (struct str){ s.at + from, to - from };
}

static struct str glue(struct arena *a, struct str left, const char *between, struct str right)
{
	return arena_printf(a, "%.*s%s%.*s", STR_FMT(left), between, STR_FMT(right));
}

static void put_word(struct name *n, size_t at, struct str word)
{
	memmove(&n->word[at + 1], &n->word[at], (n->n - at) * sizeof(n->word[0]));
	n->word[at] = word;
	n->n++;
}

static void drop_word(struct name *n, size_t at)
{
	n->n--;
	memmove(&n->word[at], &n->word[at + 1], (n->n - at) * sizeof(n->word[0]));
}

static struct str last_word(const struct name *n)
{
	return n->word[n->n - 1];
}

/* A point is part of a number or else a separator: "flux.1", "3.1". */
static bool is_point(struct str s, size_t i)
{
	return s.at[i] == '.' && i > 0 && i + 1 < s.n && is_digit(s.at[i - 1]) &&
	       is_digit(s.at[i + 1]);
}

static bool is_separator(char c)
{
	return c == '-' || c == '_' || c == ' ' || c == '@' || c == '.' || c == '/';
}

bool name_split(struct name *n, struct str text)
{
	size_t from = 0;

	for (size_t i = 0; i <= text.n; i++) {
		bool inside = i < text.n &&
			      (is_digit(text.at[i]) || is_letter(text.at[i]) || is_point(text, i));

		if (inside)
			continue;
		if (i < text.n && !is_separator(text.at[i]))
			return false;
		if (i > from) {
			if (n->n + 2 > NAME_WORDS_MAX) /* the family may become two words */
				return false;
			n->word[n->n++] = part(text, from, i);
		}
		from = i + 1;
	}
	return n->n > 0;
}

static bool is_one_digit(struct str word)
{
	return word.n == 1 && is_digit(word.at[0]);
}

/* A word that a digit may follow as the rest of a version: "4", "k2", "qwen3". */
static bool begins_version(struct str word)
{
	size_t letters = 0;

	while (letters < word.n && is_letter(word.at[letters]))
		letters++;
	return word.n == letters + 1 && is_digit(word.at[letters]);
}

/* "4-6" → "4.6", but not of three digits in a row, which are no version. */
static void fold_versions(struct name *n)
{
	for (size_t i = 0; i + 1 < n->n; i++) {
		if (!begins_version(n->word[i]) || !is_one_digit(n->word[i + 1]))
			continue;
		if (i + 2 < n->n && is_one_digit(n->word[i + 2]))
			return;
		n->word[i] = glue(n->a, n->word[i], ".", n->word[i + 1]);
		drop_word(n, i + 1);
	}
}

/* A version by itself: "3", "2.5", but neither "72b" nor "2507". */
static bool is_version(struct str word)
{
	if (word.n == 0 || word.n > 4 || !is_digit(word.at[0]))
		return false;
	if (word.n > 1 && word.at[1] != '.')
		return false;
	for (size_t i = 2; i < word.n; i++) {
		if (!is_digit(word.at[i]))
			return false;
	}
	return true;
}

/* The family by the letters in front, "llama" of "llama3.1", where families are spelled both ways. */
const struct identity_family *name_family_of(struct str word, size_t *ret_letters)
{
	const struct identity_family *f = identity_family(word);
	size_t letters = 0;

	*ret_letters = word.n;
	if (f)
		return f;
	while (letters < word.n && is_letter(word.at[letters]))
		letters++;
	if (letters == 0 || letters == word.n)
		return NULL;
	*ret_letters = letters;
	f = identity_family(part(word, 0, letters));
	return f && f->spelling != SPELLED_AS_IS ? f : NULL;
}

static void find_family(struct name *n)
{
	size_t letters = 0;

	n->family = name_family_of(n->word[0], &letters);
	if (n->family && n->family->spelling == SPELLED_DASHED && letters < n->word[0].n) {
		put_word(n, 1, part(n->word[0], letters, n->word[0].n));
		n->word[0] = part(n->word[0], 0, letters);
	}
}

/* "qwen-2.5" → "qwen2.5"; "llama-v3.1" → "llama-3.1". */
static void spell_family(struct name *n)
{
	if (!n->family || n->n < 2)
		return;
	if (n->family->spelling == SPELLED_GLUED && str_eq(n->word[0], str_of(n->family->word)) &&
	    is_version(n->word[1])) {
		n->word[0] = glue(n->a, n->word[0], "", n->word[1]);
		drop_word(n, 1);
	} else if (n->family->spelling == SPELLED_DASHED && n->word[1].n > 1 &&
		   n->word[1].at[0] == 'v' && is_version(part(n->word[1], 1, n->word[1].n))) {
		n->word[1] = part(n->word[1], 1, n->word[1].n);
	}
}

/* "claude-4.5-opus" and "claude-opus-4.5": the maker put the version first until 3. */
static void order_tier(struct name *n)
{
	bool swap;

	if (n->n < 3 || !str_eq(n->word[0], STR("claude")))
		return;
	if (is_version(n->word[1]) && identity_is_tier(n->word[2]))
		swap = n->word[1].at[0] >= '4';
	else
		swap = identity_is_tier(n->word[1]) && is_version(n->word[2]) &&
		       n->word[2].at[0] < '4';
	if (swap) {
		struct str first = n->word[1];

		n->word[1] = n->word[2];
		n->word[2] = first;
	}
}

static void drop_tags(struct name *n, struct str provider)
{
	struct str family = n->family ? str_of(n->family->word) : STR("");

	/* "qwen-turbo" is a name: of a tag something with a size must be left. */
	while (n->n > 1 && (identity_is_quantization(last_word(n)) ||
			    (n->n > 2 && identity_is_serving(provider, family, last_word(n)))))
		n->n--;
}

bool name_has(const struct name *n, struct str word)
{
	for (size_t i = 0; i < n->n; i++) {
		if (str_eq(n->word[i], word))
			return true;
	}
	return false;
}

/* A number, a size or a version with one letter in front: "235b", "a22b", "v3.1", "2507". */
static bool is_number_word(struct str w)
{
	size_t i = w.n > 1 && is_letter(w.at[0]) ? 1 : 0;

	return w.n > 0 && w.n <= 8 && is_digit(w.at[i]);
}

/* Only family, version, size and what it is good at: "llama-3.1-8b", "qwen2.5-coder-32b". */
bool name_lacks_mode(const struct name *n)
{
	if (!n->family || !n->family->needs_mode)
		return false;
	for (size_t i = 1; i < n->n; i++) {
		if (!is_number_word(n->word[i]) && !identity_is_variant(n->word[i]))
			return false;
	}
	return true;
}

bool name_has_squeezed_version(const struct name *n)
{
	struct str w = n->n > 1 ? n->word[1] : STR("");

	if (n->family && w.n == 3 && is_letter(w.at[0]))
		w = part(w, 1, 3);
	return n->family && w.n == 2 && is_digit(w.at[0]) && is_digit(w.at[1]);
}

bool name_is_plain(const struct name *n)
{
	for (size_t i = 1; i < n->n; i++) {
		if (!is_number_word(n->word[i]) && !identity_is_plain_word(n->word[i]))
			return false;
	}
	return true;
}

static void drop_org_prefix(struct name *n, struct str org)
{
	struct str prefix = identity_org_prefix(org);

	if (n->n > 1 && !str_is_none(prefix) && str_eq(n->word[0], prefix))
		drop_word(n, 0);
}

struct str name_spelled(const struct name *n, struct str org)
{
	struct str text = glue(n->a, org, "/", n->word[0]);

	for (size_t i = 1; i < n->n; i++)
		text = glue(n->a, text, "-", n->word[i]);
	return text;
}

bool name_read(struct str text, struct str org, struct str provider, struct arena *a,
	       struct name *ret)
{
	struct name n = { .a = a };

	if (!name_split(&n, text))
		return false;
	drop_org_prefix(&n, org);
	find_family(&n);
	fold_versions(&n);
	spell_family(&n);
	find_family(&n); /* "qwen2.5" has a row of its own */
	order_tier(&n);
	drop_tags(&n, provider);
	*ret = n;
	return true;
}
