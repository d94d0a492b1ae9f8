/*
 * link: the header Link (RFC 8288), read for what comes next.
 */
#pragma once
#include "base/err.h"
#include "base/str.h"

enum { LINK_TARGET_MAX = 8192 }; /* bytes */

/*
 * The target of the first link with rel="next", as it stands there; absent when
 * there is none.  `header`: every Link of an answer, joined by commas, or absent.
 * ERR_DATA when it cannot be read, ERR_LIMIT for a target that is too long.
 */
bool link_next(struct str header, struct str *ret, struct err *e);
