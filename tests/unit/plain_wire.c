#include "plain_wire.h"

#include "io/bulk.h"

size_t plain_bulk_encode(struct wire *, unsigned char **,
    const unsigned char *, size_t);
size_t plain_bulk_measure(struct wire *, const unsigned char *, size_t);
void plain_begin(struct wire *);
size_t plain_end(struct wire *, unsigned char *);
void plain_measure_end(struct wire *);
void plain_top_begin(struct wire_top *, uint64_t);
size_t plain_top_cut(struct wire_top *, const unsigned char *, size_t);

#define bulk_encode plain_bulk_encode
#define bulk_measure plain_bulk_measure
#define wire_begin plain_begin
#define wire_encode plain_encode
#define wire_end plain_end
#define wire_measure plain_measure
#define wire_measure_end plain_measure_end
#define wire_top_begin plain_top_begin
#define wire_top_cut plain_top_cut

#include "io/bulk_none.c"
#include "io/wire.c"
