/// Which kernels this processor can run.
#include "blake3_internal.h"
#include <stdatomic.h>

#if defined(__x86_64__)
#include <cpuid.h>

/// Bits of XCR0: what the operating system saves of the vector registers when it switches threads.
enum { XCR0_AVX = 0x06, XCR0_AVX512 = 0xE6 };

static uint32_t saved_registers(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static cblake3_kernel ask_processor(void) {
    uint32_t a, b, c, d, leaf7 = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1)) { return cblake3_kernel_portable; }
    if (!(c & bit_OSXSAVE)) { return cblake3_kernel_sse41; }
    uint32_t saved = saved_registers();
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) { leaf7 = b; }
    if ((saved & XCR0_AVX) != XCR0_AVX || !(leaf7 & bit_AVX2)) { return cblake3_kernel_sse41; }
    uint32_t wanted = bit_AVX512F | bit_AVX512VL;
    if ((saved & XCR0_AVX512) != XCR0_AVX512 || (leaf7 & wanted) != wanted) { return cblake3_kernel_avx2; }
    return cblake3_kernel_avx512;
}
#else
static cblake3_kernel ask_processor(void) { return cblake3_kernel_portable; }
#endif

cblake3_kernel cblake3_best_kernel(void) {
    static _Atomic int known = -1;  // Two threads that ask at once get the same answer, so no order is needed.
    int kernel = atomic_load_explicit(&known, memory_order_relaxed);
    if (kernel < 0) {
        kernel = ask_processor();
        atomic_store_explicit(&known, kernel, memory_order_relaxed);
    }
    return (cblake3_kernel)kernel;
}

bool cblake3_can_run(cblake3_kernel kernel) { return kernel <= cblake3_best_kernel(); }

static const cblake3_code *code_of(cblake3_kernel kernel) {
    switch (kernel) {
#if defined(__x86_64__)
    case cblake3_kernel_sse41: return &cblake3_sse41_code;
    case cblake3_kernel_avx2: return &cblake3_avx2_code;
    case cblake3_kernel_avx512: return &cblake3_avx512_code;
#endif
    default: return &cblake3_portable_code;
    }
}

void cblake3_init(cblake3_hasher *hasher) { cblake3_init_with(hasher, cblake3_best_kernel()); }

bool cblake3_init_with(cblake3_hasher *hasher, cblake3_kernel kernel) {
    if (!cblake3_can_run(kernel)) { return false; }
    hasher->code = code_of(kernel);
    cblake3_begin(hasher);
    return true;
}
