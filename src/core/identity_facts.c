#include "core/identity_facts.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* An organisation that is spelled one way only has a row too: others are unknown. */
static const struct identity_vendor vendors[] = {
	{ "ai21", "ai21labs", NULL },
	{ "ai21labs", "ai21labs", NULL },
	{ "aion-labs", "aion-labs", NULL },
	{ "alibaba", NULL, "alibaba" },
	{ "allenai", "allenai", NULL },
	{ "amazon", "amazon", NULL },
	{ "anthracite-org", "anthracite-org", NULL },
	{ "anthropic", "anthropic", NULL },
	{ "arcee-ai", "arcee-ai", NULL },
	{ "baai", "baai", NULL },
	{ "baidu", "baidu", NULL },
	{ "black-forest-labs", "black-forest-labs", NULL },
	{ "bytedance", NULL, "bytedance" },
	{ "bytedance-seed", "bytedance-seed", NULL },
	{ "cognitivecomputations", "cognitivecomputations", NULL },
	{ "cohere", "coherelabs", NULL },
	{ "cohereforai", "coherelabs", NULL },
	{ "coherelabs", "coherelabs", NULL },
	{ "deepcogito", "deepcogito", NULL },
	{ "deepseek", "deepseek-ai", NULL },
	{ "deepseek-ai", "deepseek-ai", NULL },
	{ "essentialai", "essentialai", NULL },
	{ "google", "google", NULL },
	{ "gryphe", "gryphe", NULL },
	{ "ibm", "ibm-granite", NULL },
	{ "ibm-granite", "ibm-granite", NULL },
	{ "inception", "inception", NULL },
	{ "inclusionai", "inclusionai", NULL },
	{ "intfloat", "intfloat", NULL },
	{ "kwaipilot", "kwaipilot", NULL },
	{ "liquid", "liquidai", NULL },
	{ "liquidai", "liquidai", NULL },
	{ "meituan", "meituan-longcat", NULL },
	{ "meituan-longcat", "meituan-longcat", NULL },
	{ "meta", NULL, "meta" },
	{ "meta-llama", "meta-llama", NULL },
	{ "meta-models", "meta-models", NULL },
	{ "microsoft", "microsoft", NULL },
	{ "minimax", "minimaxai", NULL },
	{ "minimaxai", "minimaxai", NULL },
	{ "mistral", "mistralai", NULL },
	{ "mistralai", "mistralai", NULL },
	{ "moonshot", "moonshotai", NULL },
	{ "moonshotai", "moonshotai", NULL },
	{ "morph", "morph", NULL },
	{ "nanbeige", "nanbeige", NULL },
	{ "nex-agi", "nex-agi", NULL },
	{ "nousresearch", "nousresearch", NULL },
	{ "nvidia", "nvidia", NULL },
	{ "openai", "openai", NULL },
	{ "openbmb", "openbmb", NULL },
	{ "perplexity", "perplexity-ai", NULL },
	{ "perplexity-ai", "perplexity-ai", NULL },
	{ "poolside", "poolside", NULL },
	{ "qwen", "qwen", NULL },
	{ "rekaai", "rekaai", NULL },
	{ "sao10k", "sao10k", NULL },
	{ "sentence-transformers", "sentence-transformers", NULL },
	{ "servicenow-ai", "servicenow-ai", NULL },
	{ "stabilityai", "stabilityai", NULL },
	{ "stepfun", "stepfun-ai", NULL },
	{ "stepfun-ai", "stepfun-ai", NULL },
	{ "tencent", "tencent", NULL },
	{ "thedrummer", "thedrummer", NULL },
	{ "thenlper", "thenlper", NULL },
	{ "thinkingmachines", "thinkingmachines", NULL },
	{ "thudm", "zai-org", NULL },
	{ "undi95", "undi95", NULL },
	{ "upstage", "upstage", NULL },
	{ "wan-ai", "wan-ai", NULL },
	{ "writer", "writer", NULL },
	{ "x-ai", "xai-org", NULL },
	{ "xai", "xai-org", NULL },
	{ "xai-org", "xai-org", NULL },
	{ "xiaomi", "xiaomimimo", NULL },
	{ "xiaomimimo", "xiaomimimo", NULL },
	{ "z-ai", "zai-org", NULL },
	{ "zai", "zai-org", NULL },
	{ "zai-org", "zai-org", NULL },
};

static const struct identity_family families[] = {
	{ "claude", "anthropic", NULL, SPELLED_DASHED, false },
	{ "command", "coherelabs", NULL, SPELLED_AS_IS, false },
	{ "deepseek", "deepseek-ai", NULL, SPELLED_AS_IS, false },
	{ "devstral", "mistralai", NULL, SPELLED_AS_IS, false },
	{ "bge", "baai", NULL, SPELLED_AS_IS, false },
	{ "codestral", "mistralai", NULL, SPELLED_AS_IS, false },
	{ "ernie", "baidu", NULL, SPELLED_DASHED, false },
	{ "gemini", "google", NULL, SPELLED_DASHED, false },
	{ "gemma", "google", NULL, SPELLED_DASHED, true },
	{ "glm", "zai-org", NULL, SPELLED_DASHED, false },
	{ "gpt", "openai", NULL, SPELLED_DASHED, false },
	{ "granite", "ibm-granite", NULL, SPELLED_DASHED, false },
	{ "grok", "xai-org", NULL, SPELLED_DASHED, false },
	{ "hermes", "nousresearch", NULL, SPELLED_DASHED, false },
	{ "hunyuan", "tencent", NULL, SPELLED_AS_IS, false },
	{ "jamba", "ai21labs", NULL, SPELLED_AS_IS, false },
	{ "kimi", "moonshotai", NULL, SPELLED_AS_IS, false },
	{ "lfm", "liquidai", NULL, SPELLED_GLUED, false },
	{ "llama", "meta-llama", "meta", SPELLED_DASHED, true },
	{ "longcat", "meituan-longcat", NULL, SPELLED_AS_IS, false },
	{ "magistral", "mistralai", NULL, SPELLED_AS_IS, false },
	{ "mimo", "xiaomimimo", NULL, SPELLED_AS_IS, false },
	{ "minimax", "minimaxai", NULL, SPELLED_AS_IS, false },
	{ "ministral", "mistralai", NULL, SPELLED_AS_IS, true },
	{ "mistral", "mistralai", NULL, SPELLED_AS_IS, true },
	{ "mixtral", "mistralai", NULL, SPELLED_AS_IS, true },
	{ "muse", "meta-models", "meta", SPELLED_AS_IS, false },
	{ "nemotron", "nvidia", NULL, SPELLED_DASHED, false },
	{ "nova", "amazon", NULL, SPELLED_AS_IS, false },
	{ "o1", "openai", NULL, SPELLED_AS_IS, false },
	{ "o3", "openai", NULL, SPELLED_AS_IS, false },
	{ "o4", "openai", NULL, SPELLED_AS_IS, false },
	{ "olmo", "allenai", NULL, SPELLED_DASHED, true },
	{ "phi", "microsoft", NULL, SPELLED_DASHED, false },
	{ "pixtral", "mistralai", NULL, SPELLED_AS_IS, true },
	{ "qvq", "qwen", "alibaba", SPELLED_AS_IS, false },
	{ "qwen", "qwen", "alibaba", SPELLED_GLUED, false },
	/* Of Qwen 2 and 2.5 the name without a mode is the base model, of Qwen 3 the chat model. */
	{ "qwen2", "qwen", "alibaba", SPELLED_AS_IS, true },
	{ "qwen2.5", "qwen", "alibaba", SPELLED_AS_IS, true },
	{ "qwq", "qwen", "alibaba", SPELLED_AS_IS, false },
	{ "seed", "bytedance-seed", "bytedance", SPELLED_AS_IS, false },
	{ "sonar", "perplexity-ai", NULL, SPELLED_AS_IS, false },
	{ "step", "stepfun-ai", NULL, SPELLED_AS_IS, false },
	{ "ui", "bytedance-seed", "bytedance", SPELLED_AS_IS, false }, /* UI-TARS */
	{ "voxtral", "mistralai", NULL, SPELLED_AS_IS, false },
	{ "whisper", "openai", NULL, SPELLED_AS_IS, false },
};

static const struct identity_prefix prefixes[] = {
	{ "accounts/fireworks/models/", true, false, false },
	{ "fireworks/", true, false, false },
	{ "models/", false, false, false }, /* Gemini API */
	{ "publishers/google/models/", false, false, false },
	{ "publishers/anthropic/models/", false, false, false },
	{ "@cf/", false, false, false }, /* Workers AI */
	{ "@hf/", false, false, false },
	{ "fal-ai/", false, true, false },
	{ "hf:", false, false, true },
};

/* OpenRouter's, all on the same weights; ":thinking" was another model at times. */
static const char *const modes[] = { "free",   "batch",    "nitro", "floor",
				     "exacto", "extended", "online" };

static const char *const quantizations[] = {
	"fp4",  "fp8", "nvfp4", "mxfp4", "mxfp8", "bf16", "fp16",  "fp32", "int4",
	"int8", "awq", "gptq",  "w4a4",  "w4a16", "w8a8", "w8a16", "4bit", "8bit",
};

/* What a provider's documentation says of its suffixes; NULL: in every family. */
static const struct {
	const char *provider, *family, *word;
} servings[] = {
	{ "cloudflare-workers-ai", "llama", "fast" }, /* fp8 */
	{ "deepinfra", "deepseek", "turbo" },         /* fp4 */
	{ "deepinfra", "llama", "turbo" },            /* fp8 */
	{ "deepinfra", "qwen", "turbo" },             /* fp4 */
	{ "deepinfra", "qwen", "batch" },             /* embeddings, in batches */
	{ "nebius", NULL, "fast" },                   /* the faster of two flavours */
	{ "together", NULL, "tput" },                 /* for throughput */
	{ "together", "llama", "lite" },              /* int4 */
	{ "together", "llama", "reference" },         /* fp16 */
	{ "together", "llama", "turbo" },             /* fp8 */
	{ "together", "qwen", "turbo" },              /* fp8 */
	{ "together", "qwen2.5", "turbo" },           /* fp8 */
};

static const char *const plain_words[] = {
	"air",       "audio",   "base",      "chat",     "codex",       "code",      "coder",
	"deep",      "distill", "embedding", "exp",      "fast",        "flash",     "guard",
	"haiku",     "high",    "image",     "instant",  "instruct",    "it",        "large",
	"latest",    "light",   "lite",      "llama",    "maverick",    "max",       "math",
	"medium",    "micro",   "mini",      "multi",    "nano",        "nemo",      "nemotron",
	"next",      "non",     "ocr",       "omni",     "opus",        "oss",       "plus",
	"premier",   "preview", "pro",       "qwen",     "r",           "reasoning", "research",
	"safeguard", "scout",   "small",     "sonnet",   "speciale",    "super",     "terminus",
	"text",      "think",   "thinking",  "tts",      "turbo",       "ultra",     "versatile",
	"vision",    "vl",      "a",         "h",        "m",           "tiny",      "fable",
	"saba",      "v",       "agent",     "reasoner", "customtools", "live",      "native",
};

/* Qwen 2 and 2.5, Llama 3.2 and 4: each on Hugging Face with "instruct" and, the base model, without. */
static const char *const variants[] = { "audio", "coder",  "math", "maverick",
					"scout", "vision", "vl" };

static const char *const regions[] = { "us", "eu", "apac", "global" };

static const char *const tiers[] = { "fable", "haiku", "instant", "opus", "sonnet" };

static const struct {
	const char *org, *prefix;
} org_prefixes[] = {
	{ "ai21labs", "ai21" },   { "coherelabs", "c4ai" }, { "meta", "meta" }, /* the house */
	{ "meta-llama", "meta" }, { "nvidia", "nvidia" },
};

/* Names that were released once, and when, or under which number. */
static const struct {
	const char *name, *release;
} releases[] = {
	{ "amazon/nova-lite", "v1" },
	{ "amazon/nova-micro", "v1" },
	{ "amazon/nova-premier", "v1" },
	{ "amazon/nova-pro", "v1" },
	{ "anthropic/claude-3-haiku", "20240307" },
	{ "anthropic/claude-3-opus", "20240229" },
	{ "anthropic/claude-3-sonnet", "20240229" },
	{ "anthropic/claude-3.5-haiku", "20241022" },
	{ "anthropic/claude-3.7-sonnet", "20250219" },
	{ "anthropic/claude-haiku-4.5", "20251001" },
	{ "anthropic/claude-opus-4", "20250514" },
	{ "anthropic/claude-opus-4.1", "20250805" },
	{ "anthropic/claude-opus-4.5", "20251101" },
	{ "anthropic/claude-sonnet-4", "20250514" },
	{ "anthropic/claude-sonnet-4.5", "20250929" },
	{ "google/gemini-2.0-flash", "001" },
	{ "google/gemini-2.0-flash-lite", "001" },
	{ "openai/gpt-4.1", "20250414" },
	{ "openai/gpt-4.1-mini", "20250414" },
	{ "openai/gpt-4.1-nano", "20250414" },
	{ "openai/gpt-5", "20250807" },
	{ "openai/gpt-5-mini", "20250807" },
	{ "openai/gpt-5-nano", "20250807" },
	{ "openai/gpt-5-pro", "20251006" },
	{ "openai/gpt-5.1", "20251113" },
	{ "openai/gpt-5.2", "20251211" },
	{ "openai/gpt-5.2-pro", "20251211" },
	{ "openai/gpt-5.4", "20260305" },
	{ "openai/gpt-5.4-mini", "20260317" },
	{ "openai/gpt-5.4-nano", "20260317" },
	{ "openai/gpt-5.4-pro", "20260305" },
	{ "openai/gpt-5.5", "20260423" },
	{ "openai/gpt-5.5-pro", "20260423" },
	{ "openai/o1", "20241217" },
	{ "openai/o3", "20250416" },
	{ "openai/o3-mini", "20250131" },
	{ "openai/o3-pro", "20250610" },
	{ "openai/o4-mini", "20250416" },
	{ "xai-org/grok-4", "0709" },
};

/* Each seen beside a Hugging Face id in a provider's list, or in the maker's documentation. */
static const struct {
	const char *from, *to;
} renames[] = {
	{ "anthropic/claude-opus-4.0", "anthropic/claude-opus-4" },
	{ "anthropic/claude-sonnet-4.0", "anthropic/claude-sonnet-4" },
	{ "baidu/ernie-4.5-vl-424b-a47b", "baidu/ernie-4.5-vl-424b-a47b-pt" },
	{ "coherelabs/command-a", "coherelabs/command-a-03-2025" },
	{ "coherelabs/north-mini-code", "coherelabs/north-mini-code-1.0" },
	{ "deepseek-ai/deepseek-chat-v3", "deepseek-ai/deepseek-v3" },
	{ "deepseek-ai/deepseek-chat-v3-0324", "deepseek-ai/deepseek-v3-0324" },
	{ "deepseek-ai/deepseek-chat-v3.1", "deepseek-ai/deepseek-v3.1" },
	{ "meta-llama/llama-2-13b-chat", "meta-llama/llama-2-13b-chat-hf" },
	{ "meta-llama/llama-2-70b-chat", "meta-llama/llama-2-70b-chat-hf" },
	{ "meta-llama/llama-2-7b-chat", "meta-llama/llama-2-7b-chat-hf" },
	{ "meta-llama/llama-3.1-8b-instant", "meta-llama/llama-3.1-8b-instruct" },
	{ "meta-llama/llama-3.3-70b", "meta-llama/llama-3.3-70b-instruct" },
	{ "meta-llama/llama-3.3-70b-versatile", "meta-llama/llama-3.3-70b-instruct" },
	{ "meta-llama/llama-4-maverick", "meta-llama/llama-4-maverick-17b-128e-instruct" },
	{ "meta-llama/llama-4-scout", "meta-llama/llama-4-scout-17b-16e-instruct" },
	{ "minimaxai/minimax-01", "minimaxai/minimax-text-01" },
	{ "mistralai/ministral-14b-2512", "mistralai/ministral-3-14b-instruct-2512" },
	{ "mistralai/ministral-3b-2512", "mistralai/ministral-3-3b-instruct-2512" },
	{ "mistralai/ministral-8b-2410", "mistralai/ministral-8b-instruct-2410" },
	{ "mistralai/ministral-8b-2512", "mistralai/ministral-3-8b-instruct-2512" },
	{ "mistralai/mistral-large-2407", "mistralai/mistral-large-instruct-2407" },
	{ "mistralai/mistral-large-2411", "mistralai/mistral-large-instruct-2411" },
	{ "mistralai/mistral-nemo", "mistralai/mistral-nemo-instruct-2407" },
	{ "mistralai/mistral-small-2501", "mistralai/mistral-small-24b-instruct-2501" },
	{ "mistralai/mistral-small-2503", "mistralai/mistral-small-3.1-24b-instruct-2503" },
	{ "mistralai/mistral-small-2506", "mistralai/mistral-small-3.2-24b-instruct-2506" },
	{ "mistralai/mistral-small-2603", "mistralai/mistral-small-4-119b-2603" },
	{ "mistralai/mistral-small-3.1-24b-instruct",
	  "mistralai/mistral-small-3.1-24b-instruct-2503" },
	{ "mistralai/mistral-small-3.2-24b-instruct",
	  "mistralai/mistral-small-3.2-24b-instruct-2506" },
	{ "mistralai/mixtral-8x22b-instruct", "mistralai/mixtral-8x22b-instruct-v0.1" },
	{ "mistralai/mixtral-8x7b-instruct", "mistralai/mixtral-8x7b-instruct-v0.1" },
	{ "mistralai/open-mistral-nemo", "mistralai/mistral-nemo-instruct-2407" },
	{ "mistralai/open-mistral-nemo-2407", "mistralai/mistral-nemo-instruct-2407" },
	{ "mistralai/open-mixtral-8x22b", "mistralai/mixtral-8x22b-instruct-v0.1" },
	{ "mistralai/open-mixtral-8x7b", "mistralai/mixtral-8x7b-instruct-v0.1" },
	{ "mistralai/voxtral-mini-2507", "mistralai/voxtral-mini-3b-2507" },
	{ "mistralai/voxtral-small-2507", "mistralai/voxtral-small-24b-2507" },
	{ "moonshotai/kimi-k2", "moonshotai/kimi-k2-instruct" },
	{ "moonshotai/kimi-k2-0711-preview", "moonshotai/kimi-k2-instruct" },
	{ "moonshotai/kimi-k2-0905", "moonshotai/kimi-k2-instruct-0905" },
	{ "moonshotai/kimi-k2-0905-preview", "moonshotai/kimi-k2-instruct-0905" },
	{ "nvidia/nemotron-3-nano-omni", "nvidia/nemotron-3-nano-omni-30b-a3b-reasoning" },
	{ "nvidia/nemotron-3-super-120b", "nvidia/nemotron-3-super-120b-a12b" },
	{ "nvidia/nemotron-3.5-lightning", "nvidia/nemotron-3.5-lightning-30b-a3b" },
	{ "openai/gpt-oss-120b-turbo", "openai/gpt-oss-120b" }, /* DeepInfra */
	{ "qwen/qwen3-235b-a22b-2507", "qwen/qwen3-235b-a22b-instruct-2507" },
	{ "qwen/qwen3-coder", "qwen/qwen3-coder-480b-a35b-instruct" },
	{ "qwen/qwen3-coder-480b-a35b", "qwen/qwen3-coder-480b-a35b-instruct" },
	{ "rekaai/reka-edge", "rekaai/reka-edge-2603" },
	{ "sao10k/l3-8b-lunaris-v1-turbo", "sao10k/l3-8b-lunaris-v1" }, /* DeepInfra */
	{ "sao10k/l3-lunaris-8b", "sao10k/l3-8b-lunaris-v1" },
	{ "sao10k/l3.1-euryale-70b", "sao10k/l3.1-70b-euryale-v2.2" },
	{ "sao10k/l3.3-euryale-70b", "sao10k/l3.3-70b-euryale-v2.3" },
	{ "thedrummer/rocinante-12b", "thedrummer/rocinante-12b-v1.1" },
	{ "thedrummer/unslopnemo-12b", "thedrummer/unslopnemo-12b-v4.1" },
};

/* Names that their makers point at the newest release, or that several releases bear. */
static const char *const moving[] = {
	"anthropic/claude-3.5-sonnet", /* two, half a year apart */
	"coherelabs/command-r",
	"coherelabs/command-r-plus",
	"deepseek-ai/deepseek-chat",
	"deepseek-ai/deepseek-reasoner",
	"google/gemini-1.5-flash",
	"google/gemini-1.5-pro",
	"google/gemini-2.5-pro-preview",
	"mistralai/codestral",
	"mistralai/devstral-medium",
	"mistralai/devstral-small",
	"mistralai/magistral-medium",
	"mistralai/magistral-small",
	"mistralai/ministral-3b",
	"mistralai/ministral-8b",
	"mistralai/mistral-7b-instruct",
	"mistralai/mistral-large",
	"mistralai/mistral-medium",
	"mistralai/mistral-small",
	"mistralai/mistral-tiny",
	"mistralai/open-mistral-7b", /* three */
	"mistralai/pixtral-large",
	"moonshotai/kimi-k2-turbo-preview",
	"openai/chatgpt-4o",
	"openai/gpt-4o-audio-preview",
	"qwen/qwen-max",
	"qwen/qwen-plus",
	"qwen/qwen-turbo",
	"qwen/qwen-vl-max",
	"qwen/qwen-vl-plus",
};

static const struct {
	const char *provider;
	enum identity_shape shape;
} shapes[] = {
	{ "aimo", SHAPE_SELLER_COLON }, /* a wallet */
	{ "helicone", SHAPE_SLASH_SELLER },
	{ "requesty", SHAPE_SELLER_SLASH },
};

/* Clouds and hosts that gateways put in front of an id; no maker is among them. */
static const char *const sellers[] = {
	"azure",  "bedrock", "cerebras", "deepinfra", "fireworks", "groq",
	"nebius", "novita",  "parasail", "sambanova", "together",  "vertex",
};

static const struct {
	const char *provider, *suffix;
} suffixes[] = {
	{ "chutes", "-tee" },         /* in a trusted execution environment */
	{ "google-vertex", "-maas" }, /* model as a service */
};

/* Not Alibaba and no gateway: they sell other makers' models too, under bare names. */
static const struct {
	const char *provider, *org;
} makers[] = {
	{ "anthropic", "anthropic" }, { "cohere", "coherelabs" }, { "deepseek", "deepseek-ai" },
	{ "google", "google" },       { "minimax", "minimaxai" }, { "mistral", "mistralai" },
	{ "moonshot", "moonshotai" }, { "openai", "openai" },     { "xai", "xai-org" },
	{ "zai", "zai-org" },
};

/* Links to Hugging Face and full names in the provider's own list or documentation. */
static const struct {
	const char *provider, *id, *canonical;
} stated[] = {
	{ "fal", "fal-ai/flux/dev", "black-forest-labs/flux-1-dev" },
	{ "fal", "fal-ai/flux/schnell", "black-forest-labs/flux-1-schnell" },
	{ "fireworks", "accounts/fireworks/models/llama4-maverick-instruct-basic",
	  "meta-llama/llama-4-maverick-17b-128e-instruct" },
	{ "fireworks", "accounts/fireworks/models/llama4-scout-instruct-basic",
	  "meta-llama/llama-4-scout-17b-16e-instruct" },
	{ "nebius", "nvidia/cosmos3-super-reasoner", "nvidia-cosmos-ea/cosmos3-super-reasoner" },
	{ "venice", "grok-41-fast", "xai-org/grok-4.1-fast" },
	{ "venice", "minimax-m21", "minimaxai/minimax-m2.1" },
	{ "venice", "minimax-m25", "minimaxai/minimax-m2.5" },
	{ "venice", "mistral-31-24b", "mistralai/mistral-small-3.1-24b-instruct-2503" },
	{ "venice", "olafangensan-glm-4.7-flash-heretic", "olafangensan/glm-4.7-flash-heretic" },
	{ "venice", "openai-gpt-52", "openai/gpt-5.2" },
	{ "venice", "openai-gpt-52-codex", "openai/gpt-5.2-codex" },
	{ "venice", "openai-gpt-53-codex", "openai/gpt-5.3-codex" },
	{ "venice", "qwen3-next-80b", "qwen/qwen3-next-80b-a3b-instruct" },
	{ "venice", "qwen3-vl-235b-a22b", "qwen/qwen3-vl-235b-a22b-instruct" },
	{ "venice", "venice-uncensored",
	  "cognitivecomputations/dolphin-mistral-24b-venice-edition" },
};

static bool is(struct str s, const char *text)
{
	return str_eq(s, str_of(text));
}

static bool among(struct str word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is(word, list[i]))
			return true;
	}
	return false;
}

struct str identity_lower(struct str s, struct arena *a)
{
	char *at = arena_alloc(a, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		at[i] = (char)(s.at[i] >= 'A' && s.at[i] <= 'Z' ? s.at[i] - 'A' + 'a' : s.at[i]);
	at[s.n] = '\0';
	return (struct str){ at, s.n };
}

const struct identity_vendor *identity_vendor(struct str spelling)
{
	for (size_t i = 0; i < LENGTH(vendors); i++) {
		if (is(spelling, vendors[i].spelling))
			return &vendors[i];
	}
	return NULL;
}

const struct identity_family *identity_family(struct str word)
{
	for (size_t i = 0; i < LENGTH(families); i++) {
		if (is(word, families[i].word))
			return &families[i];
	}
	return NULL;
}

const struct identity_prefix *identity_prefix(struct str id)
{
	for (size_t i = 0; i < LENGTH(prefixes); i++) {
		if (str_starts(id, str_of(prefixes[i].text)))
			return &prefixes[i];
	}
	return NULL;
}

bool identity_is_mode(struct str suffix)
{
	return among(suffix, modes, LENGTH(modes));
}

bool identity_is_quantization(struct str word)
{
	return among(word, quantizations, LENGTH(quantizations));
}

bool identity_is_serving(struct str provider, struct str family, struct str word)
{
	for (size_t i = 0; i < LENGTH(servings); i++) {
		if (is(provider, servings[i].provider) && is(word, servings[i].word) &&
		    (!servings[i].family || is(family, servings[i].family)))
			return true;
	}
	return false;
}

bool identity_is_plain_word(struct str word)
{
	return among(word, plain_words, LENGTH(plain_words));
}

bool identity_is_variant(struct str word)
{
	return among(word, variants, LENGTH(variants));
}

bool identity_is_region(struct str word)
{
	return among(word, regions, LENGTH(regions));
}

bool identity_is_tier(struct str word)
{
	return among(word, tiers, LENGTH(tiers));
}

struct str identity_org_prefix(struct str org)
{
	for (size_t i = 0; i < LENGTH(org_prefixes); i++) {
		if (is(org, org_prefixes[i].org))
			return str_of(org_prefixes[i].prefix);
	}
	return STR_NONE;
}

/* "2025-08-07" and "20250807" are one date. */
static bool is_release(struct str text, const char *release)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.at[i] == '-')
			continue;
		if (text.at[i] != *release)
			return false;
		release++;
	}
	return *release == '\0';
}

size_t identity_undated(struct str canonical)
{
	for (size_t i = 0; i < LENGTH(releases); i++) {
		struct str name = str_of(releases[i].name);
		struct str rest = { canonical.at + name.n, canonical.n - name.n };

		if (canonical.n > name.n + 1 && str_starts(canonical, name) && rest.at[0] == '-' &&
		    is_release(rest, releases[i].release))
			return name.n;
	}
	return 0;
}

struct str identity_renamed(struct str canonical)
{
	for (size_t i = 0; i < LENGTH(renames); i++) {
		if (is(canonical, renames[i].from))
			return str_of(renames[i].to);
	}
	return STR_NONE;
}

bool identity_is_moving(struct str canonical)
{
	return among(canonical, moving, LENGTH(moving));
}

enum identity_shape identity_shape(struct str provider)
{
	for (size_t i = 0; i < LENGTH(shapes); i++) {
		if (is(provider, shapes[i].provider))
			return shapes[i].shape;
	}
	return SHAPE_PLAIN;
}

bool identity_is_seller(struct str word)
{
	return among(word, sellers, LENGTH(sellers));
}

struct str identity_suffix(struct str provider)
{
	for (size_t i = 0; i < LENGTH(suffixes); i++) {
		if (is(provider, suffixes[i].provider))
			return str_of(suffixes[i].suffix);
	}
	return STR_NONE;
}

struct str identity_maker(struct str provider)
{
	for (size_t i = 0; i < LENGTH(makers); i++) {
		if (is(provider, makers[i].provider))
			return str_of(makers[i].org);
	}
	return STR_NONE;
}

struct str identity_stated(struct str provider, struct str id)
{
	for (size_t i = 0; i < LENGTH(stated); i++) {
		if (is(provider, stated[i].provider) && is(id, stated[i].id))
			return str_of(stated[i].canonical);
	}
	return STR_NONE;
}
