/*
 * descriptor_chat: the member "chat" of a descriptor, how its models are asked.
 * Used by descriptor.c alone; what others call of it is in descriptor.h.
 */
#pragma once
#include "provider/descriptor.h"
#include "provider/strict.h"

/* After key and headers, which it begins with. */
bool descriptor_parse_chat(const struct strict *s, yyjson_val *v, struct descriptor *d);
