/*
 * xml: text for a document of XML 1.0 (Atom, SVG), in UTF-8.
 */
#pragma once
#include "base/buf.h"

/*
 * Escaped for content and for attributes in either quote; what XML cannot hold (control characters,
 * U+FFFE, U+FFFF, ill-formed UTF-8) becomes U+FFFD.  Absent: nothing.
 */
void xml_add(struct buf *out, struct str s);
