#include "web/http.h"

const char *const http_method_names[HTTP_METHODS] = { "GET", "POST", "PATCH", "DELETE" };
