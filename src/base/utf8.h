/*
 * utf8: text that every database and terminal accepts: valid UTF-8 (RFC 3629)
 * without U+0000.
 */
#pragma once
#include "base/arena.h"

/* Valid UTF-8 and no NUL byte. */
bool utf8_is_clean(struct str s);

/*
 * The same text with U+FFFD for each NUL and each maximal ill-formed part (as
 * the Unicode standard recommends); `s` itself when there is none.
 */
struct str utf8_clean(struct str s, struct arena *a);

/*
 * Each character in lower case, whatever the locale of the process; bytes that are no UTF-8 stay.  The text may
 * become longer or shorter; `s` itself when it is ASCII without capitals.
 */
struct str utf8_lower(struct str s, struct arena *a);

/* Less the bytes at its end that begin a character and do not finish it: for text that was cut. */
struct str utf8_whole(struct str s);
