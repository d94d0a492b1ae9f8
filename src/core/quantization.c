#include "core/quantization.h"

/* Spellings that mean the same, all of them whole words of vendors' and runtimes' documents. */
static const struct {
	const char *said, *means;
} words[] = {
	{ "awq", "awq" },         { "bf16", "bf16" },    { "bfloat16", "bf16" },
	{ "float16", "fp16" },    { "float32", "fp32" }, { "fp16", "fp16" },
	{ "fp32", "fp32" },       { "fp4", "fp4" },      { "fp6", "fp6" },
	{ "fp8", "fp8" },         { "gptq", "gptq" },    { "int4", "int4" },
	{ "int8", "int8" },       { "mxfp4", "mxfp4" },  { "mxfp8", "mxfp8" },
	{ "nvfp4", "nvfp4" },     { "w4a16", "w4a16" },  { "w8a8", "w8a8" },
	{ "unknown", "unknown" },
};

struct str quantization_parse(struct str said)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq_nocase(said, str_of(words[i].said)))
			return str_of(words[i].means);
	return STR_NONE;
}
