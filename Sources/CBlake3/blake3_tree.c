/// The tree over the chunks (specification 2.1), built while the message comes in.
///
/// A finished subtree is merged with its left sibling only when more of the message follows: the last merge of all is
/// the root and carries a flag of its own. So the stack may end in two siblings that wait, and is settled first.
#include "blake3_internal.h"

/// Chunks of one subtree hashed at a go: their chaining values (8 KiB) and the input (256 KiB) stay in the caches.
enum { SUBTREE_CHUNKS = 256, CHUNK_BLOCKS = CBLAKE3_CHUNK_BYTES / CBLAKE3_BLOCK_BYTES };

static const uint32_t initial_value[8] = {IV0, IV1, IV2, IV3, IV4, IV5, IV6, IV7};

static void store_little_endian(const uint32_t words[8], uint8_t out[CBLAKE3_OUT_BYTES]) {
    for (int i = 0; i < CBLAKE3_OUT_BYTES; i++) { out[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4))); }
}

/// A node before its last compression: what is needed to make it a chaining value, or the root.
typedef struct {
    uint32_t cv[8];
    uint8_t block[CBLAKE3_BLOCK_BYTES];
    uint32_t length;
    uint64_t counter;
    uint32_t flags;
} node;

static void finish_node(const cblake3_code *code, node *last, uint8_t out[CBLAKE3_OUT_BYTES]) {
    code->compress(last->cv, last->block, last->length, last->counter, last->flags);
    store_little_endian(last->cv, out);
}

static node parent_node(const void *left, const void *right) {
    node parent = {.length = CBLAKE3_BLOCK_BYTES, .flags = PARENT};
    memcpy(parent.cv, initial_value, sizeof parent.cv);
    memcpy(parent.block, left, CBLAKE3_OUT_BYTES);
    memcpy(parent.block + CBLAKE3_OUT_BYTES, right, CBLAKE3_OUT_BYTES);
    return parent;
}

// MARK: Many inputs of one shape

static void hash_one(const cblake3_code *code, const cblake3_batch *batch, uint8_t out[CBLAKE3_OUT_BYTES]) {
    uint32_t cv[8];
    memcpy(cv, initial_value, sizeof cv);
    for (size_t i = 0; i < batch->blocks; i++) {
        uint32_t flags = batch->flags | (i == 0 ? batch->first_flags : 0)
            | (i + 1 == batch->blocks ? batch->last_flags : 0);
        code->compress(cv, batch->input + i * CBLAKE3_BLOCK_BYTES, CBLAKE3_BLOCK_BYTES, batch->counter, flags);
    }
    store_little_endian(cv, out);
}

static void hash_many(
    const cblake3_code *code, cblake3_batch batch, size_t count, uint8_t (*out)[CBLAKE3_OUT_BYTES]) {
    const cblake3_lanes *lanes = code->lanes;
    while (count > 0) {
        // Lanes may stay idle in the narrowest kernel only, and only if at least two are used.
        while (lanes->width > count && (count == 1 || lanes[1].width != 0)) { lanes++; }
        size_t done = 1;
        if (lanes->width == 0) {
            hash_one(code, &batch, out[0]);
        } else {
            done = count < lanes->width ? count : lanes->width;
            lanes->hash(&batch, done, out);
        }
        batch.input += done * batch.stride;
        batch.counter += done * batch.counter_step;
        out += done;
        count -= done;
    }
}

/// The chaining values of the two halves of a subtree of `chunks` whole chunks, a power of two from 2 on.
static void hash_halves(
    const cblake3_code *code, const uint8_t *input, size_t chunks, uint64_t counter,
    uint8_t halves[2][CBLAKE3_OUT_BYTES]) {
    uint8_t values[SUBTREE_CHUNKS][CBLAKE3_OUT_BYTES];
    cblake3_batch leaves = {
        .input = input, .stride = CBLAKE3_CHUNK_BYTES, .blocks = CHUNK_BLOCKS,
        .counter = counter, .counter_step = 1, .first_flags = CHUNK_START, .last_flags = CHUNK_END};
    hash_many(code, leaves, chunks, values);
    cblake3_batch parents = {.input = values[0], .stride = CBLAKE3_BLOCK_BYTES, .blocks = 1, .flags = PARENT};
    for (size_t count = chunks / 2; count >= 2; count /= 2) { hash_many(code, parents, count, values); }
    memcpy(halves, values, 2 * CBLAKE3_OUT_BYTES);
}

// MARK: The stack of finished subtrees

/// Merges what can be merged now that more follows: one subtree is left for each bit set in the number of chunks.
static void settle(cblake3_hasher *hasher) {
    while (hasher->depth > (uint32_t)__builtin_popcountll(hasher->chunks)) {
        node parent = parent_node(hasher->stack[hasher->depth - 2], hasher->stack[hasher->depth - 1]);
        hasher->depth--;
        finish_node(hasher->code, &parent, (uint8_t *)hasher->stack[hasher->depth - 1]);
    }
}

/// Adds a finished subtree of `chunks` chunks.
static void push(cblake3_hasher *hasher, const uint8_t value[CBLAKE3_OUT_BYTES], size_t chunks) {
    settle(hasher);
    memcpy(hasher->stack[hasher->depth++], value, CBLAKE3_OUT_BYTES);
    hasher->chunks += chunks;
}

// MARK: The chunk being filled

static void begin_chunk(cblake3_hasher *hasher) {
    memcpy(hasher->chunk_cv, initial_value, sizeof hasher->chunk_cv);
    hasher->block_bytes = 0;
    hasher->blocks_done = 0;
}

static size_t chunk_bytes(const cblake3_hasher *hasher) {
    return hasher->blocks_done * (size_t)CBLAKE3_BLOCK_BYTES + hasher->block_bytes;
}

static void compress_block(cblake3_hasher *hasher, const uint8_t *block) {
    uint32_t flags = hasher->blocks_done == 0 ? CHUNK_START : 0;
    hasher->code->compress(hasher->chunk_cv, block, CBLAKE3_BLOCK_BYTES, hasher->chunks, flags);
    hasher->blocks_done++;
}

/// Appends to the chunk, which has room for it. A block is compressed only when another byte follows.
static void fill_chunk(cblake3_hasher *hasher, const uint8_t *input, size_t count) {
    while (count > 0) {
        if (hasher->block_bytes == CBLAKE3_BLOCK_BYTES) {
            compress_block(hasher, hasher->block);
            hasher->block_bytes = 0;
        }
        size_t taken = CBLAKE3_BLOCK_BYTES - hasher->block_bytes;
        if (taken == CBLAKE3_BLOCK_BYTES && count > CBLAKE3_BLOCK_BYTES) {
            compress_block(hasher, input);
        } else {
            taken = taken < count ? taken : count;
            memcpy(hasher->block + hasher->block_bytes, input, taken);
            hasher->block_bytes += (uint32_t)taken;
        }
        input += taken;
        count -= taken;
    }
}

static node chunk_node(const cblake3_hasher *hasher) {
    node last = {.length = hasher->block_bytes, .counter = hasher->chunks, .flags = CHUNK_END};
    if (hasher->blocks_done == 0) { last.flags |= CHUNK_START; }
    memcpy(last.cv, hasher->chunk_cv, sizeof last.cv);
    memcpy(last.block, hasher->block, hasher->block_bytes);
    return last;
}

static void close_chunk(cblake3_hasher *hasher) {
    uint8_t value[CBLAKE3_OUT_BYTES];
    node last = chunk_node(hasher);
    finish_node(hasher->code, &last, value);
    push(hasher, value, 1);
    begin_chunk(hasher);
}

// MARK: The message

void cblake3_begin(cblake3_hasher *hasher) {
    hasher->chunks = 0;
    hasher->depth = 0;
    begin_chunk(hasher);
}

/// The largest subtree that begins at the next chunk and lies wholly in `count` bytes, in chunks.
static size_t next_subtree(const cblake3_hasher *hasher, size_t count) {
    size_t chunks = SUBTREE_CHUNKS;
    while (chunks * CBLAKE3_CHUNK_BYTES > count || (hasher->chunks & (chunks - 1)) != 0) { chunks /= 2; }
    return chunks;
}

void cblake3_update(cblake3_hasher *hasher, const void *bytes, size_t count) {
    const uint8_t *input = bytes;
    size_t begun = chunk_bytes(hasher);
    if (begun > 0) {
        size_t taken = CBLAKE3_CHUNK_BYTES - begun < count ? CBLAKE3_CHUNK_BYTES - begun : count;
        fill_chunk(hasher, input, taken);
        input += taken;
        count -= taken;
        if (count == 0) { return; }
        close_chunk(hasher);
    }
    while (count > CBLAKE3_CHUNK_BYTES) {
        size_t chunks = next_subtree(hasher, count);
        uint8_t halves[2][CBLAKE3_OUT_BYTES];
        if (chunks == 1) {
            fill_chunk(hasher, input, CBLAKE3_CHUNK_BYTES);
            close_chunk(hasher);
        } else {
            hash_halves(hasher->code, input, chunks, hasher->chunks, halves);
            push(hasher, halves[0], chunks / 2);
            push(hasher, halves[1], chunks / 2);
        }
        input += chunks * CBLAKE3_CHUNK_BYTES;
        count -= chunks * CBLAKE3_CHUNK_BYTES;
    }
    if (count > 0) {
        settle(hasher);
        fill_chunk(hasher, input, count);
    }
}

void cblake3_finalize(const cblake3_hasher *hasher, uint8_t out[CBLAKE3_OUT_BYTES]) {
    uint32_t depth = hasher->depth;
    node last;
    if (depth == 0 || chunk_bytes(hasher) > 0) {
        last = chunk_node(hasher);
    } else {  // The message ended with a pair of siblings.
        last = parent_node(hasher->stack[depth - 2], hasher->stack[depth - 1]);
        depth -= 2;
    }
    while (depth > 0) {
        uint8_t right[CBLAKE3_OUT_BYTES];
        finish_node(hasher->code, &last, right);
        last = parent_node(hasher->stack[--depth], right);
    }
    last.flags |= ROOT;
    finish_node(hasher->code, &last, out);
}
