/*
 * settingstool: the table of settings, a row a line, tab-separated: name, part,
 * default, help.  For tests that compare documents with it.
 */
#include "conf/settings.h"

#include <stdio.h>

int main(void)
{
	for (size_t i = 0; i < settings_table_n; i++) {
		const struct setting *row = &settings_table[i];

		(void)printf("%s\t%s\t%s\t%s\n", row->name, row->part,
			     row->default_text ? row->default_text : "", row->help);
	}
	return 0;
}
