/*
 * descriptor_list: the part of a descriptor that maps one list's rows.
 * Used by descriptor.c alone.
 */
#pragma once
#include "provider/descriptor.h"
#include "provider/strict.h"

bool descriptor_parse_list(const struct strict *s, yyjson_val *v, struct str where,
			   struct list *ret);
