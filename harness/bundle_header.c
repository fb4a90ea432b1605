/* SPDX-License-Identifier: MIT */
/* Writing a verdict, and the header rules that all element structures share (requirements.md, HDR). */
#include "bundle_internal.h"

#include <stdio.h>
#include <string.h>

#define ADD_SIZE NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1
#define EX_SIZE  NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1

static const struct bundle_point point_update_layout = {"HDR-007", "A-01", "accept", "fail"};
static const struct bundle_point point_type = {"HDR-014", "A-51", "ignore", "reject"};

/* ---- Writing a verdict ---- */

/* What wins where an element has several defects: a MUST fail over everything, and doubt over certainty. */
static const uint8_t ranks[] = {
    [BUNDLE_ACCEPT] = 0,
    [BUNDLE_EITHER] = 1,
    [BUNDLE_SAFE] = 2,
    [BUNDLE_REJECT] = 3,
};

void bundle_verdict_init(struct bundle_verdict *verdict)
{
    memset(verdict, 0, sizeof *verdict);
    verdict->permit = BUNDLE_ACCEPT;
}

/* The first of its rank stays; so does the first peculiarity of an element that must be accepted.  With a second open
 * point nobody can tell which of them a refusal was about: then no reading is recorded. */
bool bundle_note(struct bundle_verdict *verdict, enum bundle_permit permit, const char *requirement, const char *reason)
{
    bool is_first = verdict->requirement[0] == '\0';

    if (is_first || ranks[permit] >= ranks[verdict->permit]) {
        verdict->reading[0] = '\0';
        verdict->when_accepted = NULL;
        verdict->when_refused = NULL;
    }
    if (!is_first && ranks[permit] <= ranks[verdict->permit])
        return false;
    verdict->permit = permit;
    snprintf(verdict->requirement, sizeof verdict->requirement, "%s", requirement);
    snprintf(verdict->reason, sizeof verdict->reason, "%s", reason);
    return true;
}

void bundle_note_point(struct bundle_verdict *verdict, const struct bundle_point *point, const char *reason)
{
    if (strcmp(verdict->reading, point->reading) == 0 ||
        !bundle_note(verdict, BUNDLE_EITHER, point->requirement, reason))
        return;
    snprintf(verdict->reading, sizeof verdict->reading, "%s", point->reading);
    verdict->when_accepted = point->when_accepted;
    verdict->when_refused = point->when_refused;
}

void bundle_note_unsteady(struct bundle_verdict *verdict, const struct bundle_input *input)
{
    if (!input->is_unsteady)
        return;
    verdict->permit = BUNDLE_SAFE;
    verdict->reading[0] = '\0';
    snprintf(verdict->reason, sizeof verdict->reason, "the element changes while it is read");
}

/* ---- The header ---- */

static void judge_size(struct bundle_verdict *verdict, const struct ndis_object_header *header, uint32_t fixed)
{
    /* For each of the structures, sizeof is the fixed part rounded up to the alignment of its pointers. */
    uint32_t whole = (fixed + (uint32_t)sizeof(void *) - 1) / (uint32_t)sizeof(void *) * (uint32_t)sizeof(void *);

    if (header->Revision > 1)
        bundle_note(verdict, BUNDLE_ACCEPT, "HDR-008", "a higher revision is handled as revision 1");
    else if (header->Size > whole)
        bundle_note(verdict, BUNDLE_ACCEPT, "HDR-006", "Header.Size is larger than the structure");
    else if (header->Size > fixed)
        bundle_note(verdict, BUNDLE_ACCEPT, "HDR-005", "Header.Size is the sizeof of the structure");
}

/* What a buffer that is shorter than the fixed part breaks. */
static const char *short_buffer(uint32_t fixed)
{
    if (fixed == ADD_SIZE || fixed == EX_SIZE)
        return "KEY-002";
    return fixed == NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1 ? "DEL-017" : "UPD-004";
}

static bool judge_short_size(struct bundle_verdict *verdict, const struct ndis_object_header *header,
                             const struct bundle_input *input, uint32_t fixed)
{
    const char *requirement = header->Revision > 1 ? "HDR-009" : "HDR-007";

    if (fixed == OV2_SIZEOF_UPDATE_SA_LINKED_REVISION_1 &&
        header->Size == NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1) {
        bundle_note_point(verdict, &point_update_layout, "Header.Size is that of the structure without Next");
        return true;
    }
    if (!input->is_head)
        requirement = "HDR-015";
    bundle_note(verdict, BUNDLE_REJECT, requirement, "Header.Size is smaller than the structure");
    return false;
}

bool bundle_header(struct bundle_verdict *verdict, const struct bundle_input *input, uint32_t fixed)
{
    struct ndis_object_header header;

    if (input->is_head && input->limit < sizeof header) {
        bundle_note(verdict, BUNDLE_REJECT, "HDR-002", "InformationBufferLength is too short for a header");
        return false;
    }
    if (input->len < sizeof header) {
        bundle_note(verdict, BUNDLE_SAFE, "HDR-001", "the memory ends within the header");
        return false;
    }
    memcpy(&header, input->bytes, sizeof header);
    if (header.Revision == 0) {
        bundle_note(verdict, BUNDLE_REJECT, "HDR-010", "there is no revision 0");
        return false;
    }
    if (header.Size < fixed && !judge_short_size(verdict, &header, input, fixed))
        return false;
    if (header.Type != NDIS_OBJECT_TYPE_DEFAULT)
        bundle_note_point(verdict, &point_type, "Header.Type is not 0x80");
    if (header.Size > (input->is_head ? input->limit : input->len))
        bundle_note(verdict, BUNDLE_EITHER, "HDR-012", "Header.Size is larger than what there is");
    if (input->is_head && input->limit < fixed) {
        bundle_note(verdict, BUNDLE_REJECT, short_buffer(fixed),
                    "InformationBufferLength is too short for the structure");
        return false;
    }
    if (input->len < fixed) {
        bundle_note(verdict, BUNDLE_SAFE, "HDR-011", "the memory ends within the structure");
        return false;
    }
    judge_size(verdict, &header, fixed);
    return true;
}

bool bundle_judge_header(struct bundle_verdict *verdict, const struct bundle_input *input, uint32_t fixed)
{
    bool is_usable;

    bundle_verdict_init(verdict);
    is_usable = bundle_header(verdict, input, fixed);
    if (verdict->requirement[0] == '\0')
        bundle_note(verdict, BUNDLE_ACCEPT, "HDR-004", "Header.Size is the NDIS_SIZEOF constant");
    bundle_note_unsteady(verdict, input);
    return is_usable;
}
