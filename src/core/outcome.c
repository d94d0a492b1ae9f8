#include "core/outcome.h"

const char *const fault_names[4] = {
	[FAULT_NONE] = "none",
	[FAULT_THEIRS] = "theirs",
	[FAULT_OURS] = "ours",
	[FAULT_NOBODYS] = "nobodys",
};

const struct outcome_info outcomes[OUTCOMES] = {
	[OUTCOME_OK] = { "ok", FAULT_NONE, "it answered, and right" },
	[OUTCOME_WRONG_ANSWER] = { "wrong_answer", FAULT_NOBODYS, "it answered something else" },
	[OUTCOME_LENGTH] = { "length", FAULT_OURS,
			     "our limit was used up before there was an answer" },
	[OUTCOME_TRUNCATED] = { "truncated", FAULT_THEIRS, "the answer ended before its end" },
	[OUTCOME_EMPTY] = { "empty", FAULT_THEIRS, "a complete answer without text" },
	[OUTCOME_REFUSED] = { "refused", FAULT_NOBODYS, "the model or a filter declined" },
	[OUTCOME_BAD_REQUEST] = { "bad_request", FAULT_OURS,
				  "it is alive and dislikes how we ask" },
	[OUTCOME_UNAUTHORIZED] = { "unauthorized", FAULT_OURS, "it does not accept our key" },
	[OUTCOME_PAYMENT_REQUIRED] = { "payment_required", FAULT_OURS,
				       "our credit or quota there is used up" },
	[OUTCOME_FORBIDDEN] = { "forbidden", FAULT_OURS, "our key may not ask this" },
	[OUTCOME_NOT_FOUND] = { "not_found", FAULT_THEIRS, "it does not know the model" },
	[OUTCOME_RATE_LIMITED] = { "rate_limited", FAULT_NOBODYS, "we asked too often" },
	[OUTCOME_OVERLOADED] = { "overloaded", FAULT_THEIRS, "it has no room for the request" },
	[OUTCOME_SERVER_ERROR] = { "server_error", FAULT_THEIRS, "it failed" },
	[OUTCOME_PROTOCOL_ERROR] = { "protocol_error", FAULT_THEIRS,
				     "what it answered is no answer of a chat endpoint" },
	[OUTCOME_TIMEOUT_CONNECT] = { "timeout_connect", FAULT_THEIRS, "no connection in time" },
	[OUTCOME_TIMEOUT_FIRST_BYTE] = { "timeout_first_byte", FAULT_THEIRS,
					 "no byte of an answer in time" },
	[OUTCOME_TIMEOUT_TOTAL] = { "timeout_total", FAULT_THEIRS, "not at its end in time" },
	[OUTCOME_DNS] = { "dns", FAULT_NOBODYS, "its name could not be looked up" },
	[OUTCOME_CONNECT] = { "connect", FAULT_THEIRS, "no connection" },
	[OUTCOME_TLS] = { "tls", FAULT_THEIRS, "no secure connection" },
	[OUTCOME_RESET] = { "reset", FAULT_THEIRS, "the connection ended under the request" },
	[OUTCOME_CANCELLED] = { "cancelled", FAULT_OURS, "we stopped" },
};

bool outcome_parse(struct str name, enum outcome *ret)
{
	for (size_t i = 0; i < OUTCOMES; i++) {
		if (str_eq(name, str_of(outcomes[i].name))) {
			*ret = (enum outcome)i;
			return true;
		}
	}
	return false;
}
