#include "io/decode.h"

const struct decode decode_zstd = { .here = false };
