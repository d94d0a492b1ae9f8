/*
 * secret: the registry of what must never be printed.
 *
 * Process-wide, because a key that one part of the program knows can turn up in
 * a sentence that another part prints.  Keys are added once, at start, and never
 * taken out; what is good for an hour only is forgotten after it.  Every function
 * may be called from any thread.
 *
 * Each secret is also recognised as JSON (with "/" or "\/") and as a URL (%2F or %2f)
 * would spell it, because output is masked after it was formatted and peers quote us back.  Shorter than SECRET_MIN bytes is not
 * registered: masking "abc" everywhere would garble output and hide nothing.
 *
 * Not here: deciding what is a secret (conf/settings), keeping keys safe in
 * memory.
 */
#pragma once
#include "base/buf.h"
#include "base/str.h"

enum { SECRET_MIN = 6 };
#define SECRET_MASK "[MASKED]"

/* Copies the secret; absent, too short or known already: nothing happens. */
void secret_hide(struct str secret);
/* Our copies of it are overwritten; one that is not known: nothing happens. */
void secret_forget(struct str secret);

/*
 * Every occurrence in the buffer becomes SECRET_MASK.  When the longer text
 * passes the buffer's maximum it is marked as overflowed, as by buf_add().
 */
void secret_mask(struct buf *b);

/*
 * Copy `text` masked into out[0, room), no NUL; returns the bytes written.
 * *ret_cut tells that not all of it fitted.  A secret that reaches past the cut
 * is masked all the same.
 */
size_t secret_mask_into(struct str text, char *out, size_t room, bool *ret_cut);

/*
 * How many bytes at the end of a text that was cut off are the beginning of a secret whose
 * rest is missing, so that masking cannot know it; beginnings shorter than SECRET_MIN tell nothing.
 */
size_t secret_begun(struct str text);
