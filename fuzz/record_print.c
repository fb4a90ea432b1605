/* SPDX-License-Identifier: MIT */
#include "record_print.h"

#include <stddef.h>
#include <string.h>

#include "ov2/ndis_ipsec.h"

#define IN_A_ROW 12u

/* ---- The members of the structures ---- */

struct member {
    uint32_t at;
    uint32_t size;
    const char *name;
};
/* NOLINTBEGIN(bugprone-macro-parentheses,bugprone-sizeof-expression): a member is no expression, some are pointers */
#define M(of, member)                                                                                                  \
    {                                                                                                                  \
        offsetof(struct of, member), sizeof((struct of *)0)->member, #member                                           \
    }
#define HEADER(of) M(of, Header.Type), M(of, Header.Revision), M(of, Header.Size)
#define INFO(of, info)                                                                                                 \
    M(of, info.Identifier), M(of, info.KeyLength), M(of, info.KeyOffsetBytes), M(of, info.AdditionalInfo)
#define ASSOCIATION(of, sa)                                                                                            \
    M(of, sa.Flags), M(of, sa.Operation), M(of, sa.Spi), INFO(of, sa.AuthenticationAlgorithm),                         \
        INFO(of, sa.EncryptionAlgorithm), M(of, sa.SequenceNumberHighOrder)
#define END                                                                                                            \
    {                                                                                                                  \
        UINT32_MAX, 0, NULL                                                                                            \
    }

static const struct member request_members[] = {
    HEADER(ndis_oid_request),
    M(ndis_oid_request, RequestType),
    M(ndis_oid_request, PortNumber),
    M(ndis_oid_request, Timeout),
    M(ndis_oid_request, RequestId),
    M(ndis_oid_request, RequestHandle),
    M(ndis_oid_request, DATA.SET_INFORMATION.Oid),
    M(ndis_oid_request, DATA.SET_INFORMATION.InformationBuffer),
    M(ndis_oid_request, DATA.SET_INFORMATION.InformationBufferLength),
    M(ndis_oid_request, DATA.SET_INFORMATION.BytesRead),
    M(ndis_oid_request, DATA.SET_INFORMATION.BytesNeeded),
    M(ndis_oid_request, NdisReserved),
    M(ndis_oid_request, MiniportReserved),
    M(ndis_oid_request, SourceReserved),
    M(ndis_oid_request, SupportedRevision),
    END,
};
static const struct member add_members[] = {
    HEADER(ipsec_offload_v2_add_sa),
    M(ipsec_offload_v2_add_sa, Next),
    M(ipsec_offload_v2_add_sa, NumExtHdrs),
    M(ipsec_offload_v2_add_sa, Flags),
    M(ipsec_offload_v2_add_sa, Endpoints),
    M(ipsec_offload_v2_add_sa, OffloadHandle),
    M(ipsec_offload_v2_add_sa, UdpEspEncapsulation),
    ASSOCIATION(ipsec_offload_v2_add_sa, SecAssoc[0]),
    ASSOCIATION(ipsec_offload_v2_add_sa, SecAssoc[1]),
    M(ipsec_offload_v2_add_sa, KeyLength),
    {offsetof(struct ipsec_offload_v2_add_sa, KeyData), UINT32_MAX, "KeyData"},
    END,
};
static const struct member add_ex_members[] = {
    HEADER(ipsec_offload_v2_add_sa_ex),
    M(ipsec_offload_v2_add_sa_ex, NumExtHdrs),
    M(ipsec_offload_v2_add_sa_ex, Flags),
    M(ipsec_offload_v2_add_sa_ex, Endpoints),
    M(ipsec_offload_v2_add_sa_ex, OffloadHandle),
    M(ipsec_offload_v2_add_sa_ex, UdpEspEncapsulation),
    ASSOCIATION(ipsec_offload_v2_add_sa_ex, SecAssoc[0]),
    ASSOCIATION(ipsec_offload_v2_add_sa_ex, SecAssoc[1]),
    M(ipsec_offload_v2_add_sa_ex, KeyLength),
    M(ipsec_offload_v2_add_sa_ex, KeyOffset),
    M(ipsec_offload_v2_add_sa_ex, SourceSwitchPortId),
    M(ipsec_offload_v2_add_sa_ex, VlanId),
    {sizeof(struct ipsec_offload_v2_add_sa_ex), UINT32_MAX, "keys"},
    END,
};
static const struct member delete_members[] = {
    HEADER(ipsec_offload_v2_delete_sa),
    M(ipsec_offload_v2_delete_sa, Next),
    M(ipsec_offload_v2_delete_sa, OffloadHandle),
    END,
};
static const struct member update_members[] = {
    HEADER(ipsec_offload_v2_update_sa),
    M(ipsec_offload_v2_update_sa, OffloadHandle),
    M(ipsec_offload_v2_update_sa, Operation),
    M(ipsec_offload_v2_update_sa, Spi),
    M(ipsec_offload_v2_update_sa, SequenceNumberHighOrder),
    END,
};
static const struct member linked_members[] = {
    HEADER(ipsec_offload_v2_update_sa_linked),
    M(ipsec_offload_v2_update_sa_linked, Next),
    M(ipsec_offload_v2_update_sa_linked, OffloadHandle),
    M(ipsec_offload_v2_update_sa_linked, Operation),
    M(ipsec_offload_v2_update_sa_linked, Spi),
    M(ipsec_offload_v2_update_sa_linked, SequenceNumberHighOrder),
    END,
};
static const struct member no_members[] = {END};
/* NOLINTEND(bugprone-macro-parentheses,bugprone-sizeof-expression) */

struct printer {
    FILE *out;
    const struct recording *recording;
    bool is_linked[RECORD_DEVICES]; /* UPDATE has a Next */
};

static const struct member *members_of(const struct printer *printer, const struct record_call *call)
{
    switch (call->oid) {
    case OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA:
        return add_members;
    case OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX:
        return add_ex_members;
    case OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA:
        return delete_members;
    case OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA:
        return printer->is_linked[call->device] ? linked_members : update_members;
    default:
        return no_members;
    }
}

/* ---- Bytes ---- */

static void print_value(const struct printer *printer, const struct member *member, const uint8_t *bytes, uint32_t len)
{
    uint64_t value = 0;

    if (!member->name)
        return;
    fprintf(printer->out, " /* %s", member->name);
    if (len == member->size && len <= sizeof value && (len & (len - 1)) == 0) {
        for (uint32_t i = len; i-- > 0;)
            value = value << 8 | bytes[i];
        fprintf(printer->out, value > 9 ? " 0x%llx" : " %llx", (unsigned long long)value);
    }
    fputs(" */", printer->out);
}

/* len bytes in rows; the comment stands behind the last one. */
static void print_rows(const struct printer *printer, const struct member *member, const uint8_t *bytes, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        fprintf(printer->out, "%s0x%02x,", i % IN_A_ROW == 0 ? i ? "\n    " : "    " : " ", (unsigned)bytes[i]);
    print_value(printer, member, bytes, len);
    fputc('\n', printer->out);
}

/* One structure, as far as it is there. */
static void print_structure(const struct printer *printer, const struct member *members, const uint8_t *bytes,
                            uint32_t len)
{
    static const struct member gap = {0, 0, NULL};
    uint32_t at = 0;

    for (; at < len; members++) {
        uint32_t from = members->at < len ? members->at : len;
        uint32_t size = members->size < len - from ? members->size : len - from;
        if (from > at)
            print_rows(printer, &gap, bytes + at, from - at);
        if (size > 0)
            print_rows(printer, members, bytes + from, size);
        at = from + size;
    }
}

/* Where the next structure of a packed block begins: where a pointer leads; or its end. */
static uint32_t next_start(const struct printer *printer, const struct record_call *call, uint32_t block, uint32_t at)
{
    uint32_t next = printer->recording->blocks[block].size;

    for (uint32_t i = call->fixes.first; i < call->fixes.first + call->fixes.count; i++) {
        const struct record_fix *fix = &printer->recording->fixes[i];
        if (fix->kind == RECORD_POINTER && fix->target == block && fix->to > at && fix->to < next)
            next = (uint32_t)fix->to;
    }
    return next;
}

static void print_block(const struct printer *printer, const struct record_call *call, uint32_t index)
{
    const struct record_block *block = &printer->recording->blocks[index];
    const uint8_t *bytes = printer->recording->bytes + block->at;
    const struct member *members = no_members;

    if (call->kind == RECORD_REQUEST)
        members = index == call->root ? request_members : members_of(printer, call);
    if (block->size == 0)
        return;
    fprintf(printer->out, "\nstatic const uint8_t bytes_%u[%u] = {\n", (unsigned)index, (unsigned)block->size);
    for (uint32_t at = 0; at < block->size;) {
        uint32_t next = next_start(printer, call, index, at);
        print_structure(printer, members, bytes + at, next - at);
        at = next;
    }
    fputs("};\n", printer->out);
}

static void print_text(const struct printer *printer, const char *text)
{
    if (!text) {
        fputs("NULL", printer->out);
        return;
    }
    fputc('"', printer->out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', printer->out);
        fputc(*text, printer->out);
    }
    fputc('"', printer->out);
}

/* ---- Calls ---- */

static void print_place(const struct printer *printer, uint32_t index)
{
    const struct record_block *block = &printer->recording->blocks[index];

    if (block->size == 0)
        fprintf(printer->out, "        uint8_t *block_%u = place(NULL, 0, %u);\n", (unsigned)index,
                (unsigned)(block->address & 7));
    else
        fprintf(printer->out, "        uint8_t *block_%u = place(bytes_%u, sizeof bytes_%u, %u);\n", (unsigned)index,
                (unsigned)index, (unsigned)index, (unsigned)(block->address & 7));
}

static void print_fix(const struct printer *printer, const struct record_fix *fix)
{
    if (fix->kind == RECORD_POINTER)
        fprintf(printer->out, "        point(block_%u + %u, block_%u + %u);\n", (unsigned)fix->block, (unsigned)fix->at,
                (unsigned)fix->target, (unsigned)fix->to);
    else
        fprintf(printer->out, "        point(block_%u + %u, handle(%u, 0x%llxu));\n", (unsigned)fix->block,
                (unsigned)fix->at, (unsigned)fix->target, (unsigned long long)fix->to);
}

static void print_request(const struct printer *printer, const struct record_call *call)
{
    const struct recording *recording = printer->recording;

    for (uint32_t i = 0; i < call->blocks.count; i++)
        print_place(printer, call->blocks.first + i);
    for (uint32_t i = 0; i < call->fixes.count; i++)
        print_fix(printer, &recording->fixes[call->fixes.first + i]);
    for (uint32_t i = 0; i < call->handles.count; i++) {
        const struct record_handle *handle = &recording->handles[call->handles.first + i];
        fprintf(printer->out, "        gets(block_%u + %u, %u);\n", (unsigned)handle->block, (unsigned)handle->at,
                (unsigned)(call->handles.first + i));
    }
    for (uint32_t i = call->blocks.first; i < call->blocks.first + call->blocks.count; i++) {
        if (!recording->blocks[i].is_live)
            fprintf(printer->out, "        given_back(block_%u);\n", (unsigned)i);
    }
    fprintf(printer->out, "        ask(%u, block_%u, %s);\n", (unsigned)call->device, (unsigned)call->root,
            call->door == OV2_DOOR_DIRECT ? "OV2_DOOR_DIRECT" : "OV2_DOOR_NORMAL");
}

/* The packets of one list, as `packets_N`; returns how many there are. */
static uint32_t print_packets(const struct printer *printer, struct record_range range, uint32_t number)
{
    const struct record_block *blocks = printer->recording->blocks;
    uint32_t count = 0;
    uint32_t first = 0;

    for (uint32_t i = range.first; i < range.first + range.count; i++)
        print_place(printer, i);
    fprintf(printer->out, "        struct ov2_fragment fragments_%u[] = {\n", (unsigned)number);
    for (uint32_t i = range.first; i < range.first + range.count; i++)
        fprintf(printer->out, "            {block_%u, %u, %u, %u, 0},\n", (unsigned)i, (unsigned)blocks[i].size,
                (unsigned)blocks[i].offset, (unsigned)blocks[i].length);
    fprintf(printer->out, "            {NULL, 0, 0, 0, 0},\n        };\n        struct ov2_packet packets_%u[] = {\n",
            (unsigned)number);
    for (uint32_t i = 0; i < range.count; i++) {
        if (!blocks[range.first + i].ends_packet)
            continue;
        fprintf(printer->out, "            {fragments_%u + %u, %u, 0},\n", (unsigned)number, (unsigned)first,
                (unsigned)(i + 1 - first));
        first = i + 1;
        count++;
    }
    fputs("            {NULL, 0, 0},\n        };\n", printer->out);
    return count;
}

static void print_slot(const struct printer *printer, const struct record_slot *slot)
{
    if (slot->is_handle)
        fprintf(printer->out, "(uintptr_t)handle(%u, 0x%llxu)", (unsigned)slot->target,
                (unsigned long long)slot->value);
    else
        fprintf(printer->out, "0x%llxu", (unsigned long long)slot->value);
}

static void print_list(const struct printer *printer, const struct record_list *list, uint32_t number)
{
    uint32_t count = print_packets(printer, list->blocks, number);

    fprintf(printer->out, "        struct ov2_oob oob_%u = {0x%llxu, ", (unsigned)number,
            (unsigned long long)list->oob.checksum);
    print_slot(printer, &list->ipsec);
    fprintf(printer->out, ", 0x%llxu, 0x%llxu, ", (unsigned long long)list->oob.large_send,
            (unsigned long long)list->oob.vlan);
    print_slot(printer, &list->tunnel);
    fprintf(printer->out, ", 0x%llxu, 0x%xu, 0};\n", (unsigned long long)list->oob.header,
            (unsigned)list->oob.nbl_flags);
    fprintf(printer->out,
            "        lists[%u] = (struct ov2_send){sizeof lists[0], %u, 0x%llxu, packets_%u, %u, 0, oob_%u};\n",
            (unsigned)number, (unsigned)list->flags, (unsigned long long)list->tag, (unsigned)number, (unsigned)count,
            (unsigned)number);
}

static void print_send(const struct printer *printer, const struct record_call *call)
{
    fprintf(printer->out, "        struct ov2_send lists[%u];\n",
            (unsigned)(call->lists.count ? call->lists.count : 1));
    for (uint32_t i = 0; i < call->lists.count; i++)
        print_list(printer, &printer->recording->lists[call->lists.first + i], i);
    fprintf(printer->out, "        transmit(%u, lists, %u);\n", (unsigned)call->device, (unsigned)call->lists.count);
}

static void print_open(struct printer *printer, const struct record_call *call)
{
    printer->is_linked[call->device] = call->options && strstr(call->options, "UPDATE_LAYOUT=linked");
    fputs("        static const struct ov2_keyword keywords[] = {\n", printer->out);
    for (uint32_t i = 0; i < call->keyword_count; i++) {
        fputs("            {", printer->out);
        print_text(printer, call->keywords[i].name);
        fprintf(printer->out, ", %u, 0},\n", (unsigned)call->keywords[i].value);
    }
    fprintf(printer->out, "            {NULL, 0, 0},\n        };\n        start(%u, 0x%xu, %u, keywords, %u, ",
            (unsigned)call->device, (unsigned)call->number, (unsigned)call->media, (unsigned)call->keyword_count);
    print_text(printer, call->options);
    fputs(");\n", printer->out);
}

static void print_call(struct printer *printer, const struct record_call *call)
{
    unsigned device = call->device;

    fputs("    {\n", printer->out);
    if (call->starved)
        fprintf(printer->out, "        starve(%u);\n", (unsigned)call->starved);
    switch (call->kind) {
    case RECORD_OPEN:
        print_open(printer, call);
        break;
    case RECORD_CLOSE:
        fprintf(printer->out, "        halt(%u);\n", device);
        break;
    case RECORD_REQUEST:
        print_request(printer, call);
        break;
    case RECORD_CANCEL:
        fprintf(printer->out, "        cancel(%u, 0x%llxu);\n", device, (unsigned long long)call->number);
        break;
    case RECORD_SEND:
        print_send(printer, call);
        break;
    case RECORD_RECEIVE:
        fprintf(printer->out, "        arrive(%u, packets_0, %u);\n", device,
                (unsigned)print_packets(printer, call->blocks, 0));
        break;
    case RECORD_EVENT:
        fprintf(printer->out, "        happen(%u, %u);\n", device, (unsigned)call->number);
        break;
    case RECORD_DRAIN:
        fprintf(printer->out, "        drain(%u);\n", device);
        break;
    }
    fputs("    }\n", printer->out);
}

/* ---- The whole ---- */

bool record_print(FILE *out, const struct recording *recording)
{
    struct printer printer = {.out = out, .recording = recording};
    uint32_t line = 0;

    if (recording->is_full || recording->call_count == 0 || recording->byte_count > RECORD_PRINTED)
        return false;
    for (uint32_t i = 0; i < recording->call_count; i++) {
        const struct record_call *call = &recording->calls[i];
        for (uint32_t n = 0; n < call->blocks.count; n++)
            print_block(&printer, call, call->blocks.first + n);
    }
    fputs("\nstatic void run(void)\n{\n", out);
    for (uint32_t i = 0; i < recording->call_count; i++) {
        const struct record_call *call = &recording->calls[i];
        for (; line < call->line; line++) {
            const char *text = recording->lines[line];
            fputs("    say(", out);
            print_text(&printer, strncmp(text, "> ", 2) == 0 ? text + 2 : text);
            fputs(");\n", out);
        }
        print_call(&printer, call);
    }
    fputs("}\n", out);
    return true;
}
