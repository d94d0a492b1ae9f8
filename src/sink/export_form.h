/*
 * export_form: one format, as sink/export.c calls it.  Private to the sink's exports.
 */
#pragma once
#include "sink/export.h"

/* Any of these may be NULL: nothing to write there. */
struct export_form {
	void (*begin)(struct export_writer *w);
	void (*open)(struct export_writer *w);
	void (*add)(struct export_writer *w, const struct export_model *m);
	void (*close)(struct export_writer *w);
	void (*end)(struct export_writer *w);
};
/* Begin and end of a document that is one object. */
void export_begin_object(struct export_writer *w);
void export_end_object(struct export_writer *w);

extern const struct export_form export_form_litellm, export_form_models_dev, export_form_openai,
	export_form_csv, export_form_json;
