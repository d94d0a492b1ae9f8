/*
 * keyprint: is this the key of last time?  Told without keeping the key.
 *
 * A print is "SALT:MAC" in hex, where MAC is the HMAC-SHA256 of the key under that
 * salt, 128 random bits of the print's own.  Whoever reads a print can only guess
 * keys one by one, and a key worth the name has more bits than can be guessed; the
 * salt sees to it that a guess is tried against one print at a time, that prepared
 * tables are of no use and that two places with the same key cannot be told to have
 * it.  The salt stands beside the MAC because a secret kept in the same database
 * would be read along with it.
 *
 * That there is no key is a print, too: "none".
 */
#pragma once
#include "base/arena.h"

/* With a new salt; an absent or empty key is "none". */
struct str keyprint_make(struct str key, struct arena *a);
/* False also for what is no print. */
bool keyprint_matches(struct str print, struct str key);
