/* A QEMU plugin that counts the instructions which an aarch64 program executes between two markers.
 *
 * A marker is a call of getppid(2), which nobody else makes: before and after what is to be counted.
 * Each such pair gives one line in the file named by `out=`: the total, and how many there were of each
 * class. Whole translated blocks are counted, and a block ends at a system call, so nothing is missed
 * and nothing is counted twice. The counters are plain: programs with one thread only.
 *
 * The few functions of the plugin interface (version 1, QEMU 4.2 to 8.x) are declared here, because
 * distributions do not ship qemu-plugin.h.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum inline_op { ADD_U64 };

typedef void (*on_translation)(plugin_id, struct qemu_plugin_tb *);
typedef void (*on_syscall)(plugin_id, unsigned vcpu, int64_t number, uint64_t, uint64_t, uint64_t, uint64_t,
                           uint64_t, uint64_t, uint64_t, uint64_t);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, on_translation);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, enum inline_op, void *counter, uint64_t by);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id, on_syscall);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);

EXPORTED int qemu_plugin_version = 1;

enum { GETPPID = 173 };

enum class { DOT, WIDENING, PAIRWISE, MULTIPLY, FLOAT, VECTOR, VECTOR_LOAD, VECTOR_STORE, MEMORY, BRANCH, OTHER, CLASSES };

static const char *const names[CLASSES] = {
    "dot", "widening-multiply", "pairwise-add", "multiply", "float-multiply-add", "other-vector",
    "vector-load", "vector-store", "other-memory", "branch", "other",
};

/* Arm ARM, section C4.1: an instruction is of the first class whose fixed bits it has. */
static const struct { uint32_t mask, bits; enum class class; } patterns[] = {
    {0x9f20fc00, 0x0e009400, DOT},          /* SDOT, UDOT */
    {0x9f00f400, 0x0f00e000, DOT},          /* the same by element */
    {0xbfe0fc00, 0x0e809c00, DOT},          /* USDOT */
    {0x9f20fc00, 0x0e208000, WIDENING},     /* SMLAL, UMLAL and their second halves */
    {0x9f20fc00, 0x0e20a000, WIDENING},     /* SMLSL */
    {0x9f20fc00, 0x0e20c000, WIDENING},     /* SMULL */
    {0x9f00f400, 0x0f002000, WIDENING},     /* SMLAL by element */
    {0x9f00f400, 0x0f006000, WIDENING},     /* SMLSL by element */
    {0x9f00f400, 0x0f00a000, WIDENING},     /* SMULL by element */
    {0x9f3ffc00, 0x0e206800, PAIRWISE},     /* SADALP, UADALP */
    {0x9f3ffc00, 0x0e202800, PAIRWISE},     /* SADDLP, UADDLP */
    {0x9f20fc00, 0x0e209400, MULTIPLY},     /* MLA, MLS */
    {0xbf20fc00, 0x0e209c00, MULTIPLY},     /* MUL */
    {0x9f20fc00, 0x0e20b400, MULTIPLY},     /* SQDMULH, SQRDMULH */
    {0xbf00b400, 0x2f000000, MULTIPLY},     /* MLA, MLS by element */
    {0xbf00f400, 0x0f008000, MULTIPLY},     /* MUL by element */
    {0xbf00e400, 0x0f00c000, MULTIPLY},     /* SQDMULH, SQRDMULH by element */
    {0xbf20fc00, 0x0e20cc00, FLOAT},        /* FMLA, FMLS */
    {0xbf80b400, 0x0f801000, FLOAT},        /* FMLA, FMLS by element */
    {0xff000000, 0x1f000000, FLOAT},        /* FMADD and its kin */
    {0x3f000000, 0x1c000000, VECTOR_LOAD},  /* LDR of a constant beside the code */
    {0x0e400000, 0x0c400000, VECTOR_LOAD},  /* LD1 to LD4, LDP, LDR of vector registers */
    {0x0e400000, 0x0c000000, VECTOR_STORE},
    {0x0a000000, 0x08000000, MEMORY},
    {0x0e000000, 0x0e000000, VECTOR},
    {0x1c000000, 0x14000000, BRANCH},
};

static enum class class_of(uint32_t instruction)
{
    for (size_t at = 0; at < sizeof patterns / sizeof *patterns; at++)
        if ((instruction & patterns[at].mask) == patterns[at].bits)
            return patterns[at].class;
    return OTHER;
}

struct block {
    struct block *next;
    uint64_t runs;
    uint32_t of[CLASSES];
};

static struct block *blocks;
static uint64_t before[CLASSES];
static int inside;
static FILE *out;

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
    (void)id;
    struct block *block = calloc(1, sizeof *block);
    if (!block) {
        fputs("count: out of memory\n", stderr);
        exit(70);
    }
    size_t length = qemu_plugin_tb_n_insns(tb);
    for (size_t at = 0; at < length; at++) {
        uint32_t instruction;
        memcpy(&instruction, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, at)), sizeof instruction);
        block->of[class_of(instruction)]++;
    }
    block->next = blocks;
    blocks = block;
    qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD_U64, &block->runs, 1);
}

static void marked(void)
{
    uint64_t now[CLASSES] = {0};
    for (const struct block *block = blocks; block; block = block->next)
        for (int class = 0; block->runs && class < CLASSES; class++)
            now[class] += block->runs * block->of[class];
    if (inside) {
        uint64_t total = 0;
        for (int class = 0; class < CLASSES; class++)
            total += now[class] - before[class];
        fprintf(out, "total=%llu", (unsigned long long)total);
        for (int class = 0; class < CLASSES; class++)
            fprintf(out, " %s=%llu", names[class], (unsigned long long)(now[class] - before[class]));
        fputc('\n', out);
        fflush(out);
    }
    inside = !inside;
    memcpy(before, now, sizeof before);
}

static void called(plugin_id id, unsigned vcpu, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                   uint64_t e, uint64_t f, uint64_t g, uint64_t h)
{
    (void)id, (void)vcpu, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
    if (number == GETPPID)
        marked();
}

EXPORTED int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int at = 0; at < argc; at++)
        if (!strncmp(argv[at], "out=", 4))
            out = fopen(argv[at] + 4, "w");
    if (!out) {
        fputs("count: name a file that can be written, as out=FILE\n", stderr);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    return 0;
}
