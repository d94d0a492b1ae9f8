/*
 * fuzz: targets in libFuzzer's shape, one for each parser.
 *
 *	clang -fsanitize=fuzzer,address,undefined … fuzz_reader.c … && ./fuzz_reader corpus/reader
 *
 * In the suite corpus.c takes the place of libFuzzer and runs what lies in
 * corpus/NAME: what ever broke a target becomes a file there.  A target calls
 * abort() (fuzz_check) when something is not as the headers promise.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The target's own folder below corpus/. */
extern const char fuzz_name[];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define fuzz_check(condition)                                                                 \
	do {                                                                                  \
		if (!(condition)) {                                                           \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                              \
		}                                                                             \
	} while (0)

/* fuzz_reader.c: what became of a document, for tests that want to know. */
enum fuzz_outcome { FUZZ_NO_JSON, FUZZ_REFUSED, FUZZ_READ };
enum fuzz_outcome fuzz_reader(const uint8_t *data, size_t n);
