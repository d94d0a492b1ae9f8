/*
 * outcome: how a probe ended, and whose fault that is.
 *
 * A closed list, one table (outcome.c).  Health is computed from *theirs* alone:
 * a key that ran out of money says nothing about the provider.
 */
#pragma once
#include "base/err.h"
#include "base/str.h"

enum outcome {
	OUTCOME_OK,
	OUTCOME_WRONG_ANSWER, /* it answered, but not that */
	OUTCOME_LENGTH,       /* max_tokens were used up before there was an answer */
	OUTCOME_TRUNCATED,    /* the body or the stream ended before its end */
	OUTCOME_EMPTY,        /* a complete answer without text */
	OUTCOME_REFUSED,      /* the model or a filter declined */
	OUTCOME_BAD_REQUEST,  /* it is alive and dislikes our recipe */
	OUTCOME_UNAUTHORIZED,
	OUTCOME_PAYMENT_REQUIRED,
	OUTCOME_FORBIDDEN,
	OUTCOME_NOT_FOUND, /* the endpoint does not know the model */
	OUTCOME_RATE_LIMITED,
	OUTCOME_OVERLOADED, /* 503, 529, or words to that effect */
	OUTCOME_SERVER_ERROR,
	OUTCOME_PROTOCOL_ERROR, /* an answer that is none: not JSON, not SSE, not HTTP, not the form */
	OUTCOME_TIMEOUT_CONNECT,
	OUTCOME_TIMEOUT_FIRST_BYTE,
	OUTCOME_TIMEOUT_TOTAL,
	OUTCOME_DNS,
	OUTCOME_CONNECT, /* refused, or no way there */
	OUTCOME_TLS,
	OUTCOME_RESET,     /* the connection ended under the request */
	OUTCOME_CANCELLED, /* we stopped */
	OUTCOMES,
};

enum fault { FAULT_NONE, FAULT_THEIRS, FAULT_OURS, FAULT_NOBODYS };
extern const char *const fault_names[4];

struct outcome_info {
	const char *name; /* "wrong_answer": in the database, the CSV and JSON */
	enum fault fault;
	const char *text; /* one clause for people */
};
extern const struct outcome_info outcomes[OUTCOMES];

bool outcome_parse(struct str name, enum outcome *ret);

/* How the transport ended: net/ask.h says it, outcome_of() turns it into a class. */
enum transport_end {
	TRANSPORT_COMPLETE, /* headers and the whole body, any status */
	TRANSPORT_DNS,
	TRANSPORT_CONNECT,
	TRANSPORT_TLS,
	TRANSPORT_TIMEOUT_CONNECT,
	TRANSPORT_TIMEOUT_FIRST_BYTE,
	TRANSPORT_TIMEOUT_TOTAL,
	TRANSPORT_RESET,    /* before the headers were complete */
	TRANSPORT_CUT,      /* in the body */
	TRANSPORT_PROTOCOL, /* not HTTP, too many headers, an encoding nobody asked for */
	TRANSPORT_CANCELLED,
};
