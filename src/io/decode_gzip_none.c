#include "io/decode.h"

const struct decode decode_gzip = { .here = false };
