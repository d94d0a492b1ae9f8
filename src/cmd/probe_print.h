/*
 * probe_print: what `assay probe` tells on stdout.
 */
#pragma once
#include "cmd/cmd.h"
#include "task/probe_cycle.h"

/* One line; its agreement is not known yet. */
void probe_print_sample(struct buf *out, const struct sample *s, bool colour);
void probe_print_cycle(struct buf *out, const struct cycle_report *r, bool colour);
/* One JSON object a line. */
void probe_print_json(struct buf *out, const struct sample *s);
