/* SPDX-License-Identifier: MIT */
/* What every answer to a request must hold to, whatever was asked: its status and its outputs. */
#include <stddef.h>
#include <string.h>

#include "model_request.h"

void request_check_status(struct judgement *judgement, uint32_t status)
{
    char text[32];

    request_status(text, status);
    if (status == NDIS_STATUS_INDICATION_REQUIRED)
        judgement_break(judgement, "OID-019", NULL, "no INDICATION_REQUIRED for these OIDs", "%s", text);
    else if (status != NDIS_STATUS_SUCCESS && status != NDIS_STATUS_PENDING && status != NDIS_STATUS_NOT_ACCEPTED &&
             status < 0x80000000u)
        judgement_break(judgement, "OID-020", NULL, "SUCCESS, PENDING, NOT_ACCEPTED or an NDIS failure code", "%s",
                        text);
}

/* An OID that the device has not: it says so, unless it is in no state to say anything. */
void request_check_absent(struct judgement *judgement, const struct model_device *device, uint32_t status,
                          const char *requirement)
{
    char text[32];

    if (status == NDIS_STATUS_NOT_SUPPORTED || status == NDIS_STATUS_INVALID_OID ||
        (!is_success(status) && request_is_disturbed(device)))
        return;
    judgement_break(judgement, requirement, NULL, "NOT_SUPPORTED or INVALID_OID", "%s", request_status(text, status));
}

/* What the head element of an ADD occupies with its keys. */
static uint32_t head_bytes(const struct request_view *view, const uint8_t *bytes, uint32_t len)
{
    uint32_t key_len = 0;
    uint32_t key_at = offsetof(struct ipsec_offload_v2_add_sa, KeyData);
    bool is_ex = view->list.verb == VERB_ADD_SA_EX;
    size_t len_at = is_ex ? offsetof(struct ipsec_offload_v2_add_sa_ex, KeyLength)
                          : offsetof(struct ipsec_offload_v2_add_sa, KeyLength);

    if (len < list_fixed(&view->list))
        return 0;
    memcpy(&key_len, bytes + len_at, sizeof key_len);
    if (is_ex)
        memcpy(&key_at, bytes + offsetof(struct ipsec_offload_v2_add_sa_ex, KeyOffset), sizeof key_at);
    return key_at + key_len;
}

/* what BytesRead counts, where the three ways to count differ. */
static void read_bytes_read(const struct request_view *view, const uint8_t *bytes, uint32_t len, uint32_t bytes_read)
{
    bool is_add = view->list.verb == VERB_ADD_SA || view->list.verb == VERB_ADD_SA_EX;
    uint32_t head = is_add ? head_bytes(view, bytes, len) : list_fixed(&view->list);
    uint32_t fixed = list_fixed(&view->list);

    if (!is_add || head == view->length || head == fixed || fixed == view->length)
        return;
    if (bytes_read == head)
        judgement_read(view->judgement, "A-03", "head");
    else if (bytes_read == view->length)
        judgement_read(view->judgement, "A-03", "block");
    else if (bytes_read == fixed)
        judgement_read(view->judgement, "A-03", "fixed");
}

/* the codes of a refusal, where no page names one. */
void request_read_code(const struct request_view *view, const char *point)
{
    static const struct {
        const char *point;
        uint32_t status;
        const char *name;
    } codes[] = {
        {"A-07", NDIS_STATUS_INVALID_DATA, "invalid-data"},
        {"A-07", NDIS_STATUS_FAILURE, "failure"},
        {"A-07", NDIS_STATUS_INVALID_PARAMETER, "invalid-parameter"},
        {"A-70", NDIS_STATUS_NOT_SUPPORTED, "not-supported"},
        {"A-70", NDIS_STATUS_INVALID_OID, "invalid-oid"},
    };

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (strcmp(codes[i].point, point) == 0 && codes[i].status == view->status) {
            judgement_read(view->judgement, point, codes[i].name);
            return;
        }
    }
    if (!is_success(view->status) && view->status != NDIS_STATUS_PENDING)
        judgement_read(view->judgement, point, "other");
}

void request_check_outputs(const struct request_view *view, const struct outputs *outputs)
{
    uint32_t revision = outputs->supported_revision;
    bool is_update = view->list.verb == VERB_UPDATE_SA;
    uint8_t bytes[LIST_NODE_BYTES];

    if (is_success(view->status) && view->walk.count > 0) {
        uint32_t len = list_encode(&view->list, 0, bytes, NULL, NULL);
        bool is_newer = len >= 2 && bytes[1] > 1;

        read_bytes_read(view, bytes, len, outputs->bytes_read);
        if (revision != 1)
            judgement_break(view->judgement,
                            is_newer    ? "HDR-017"
                            : is_update ? "UPD-023"
                                        : "HDR-016",
                            NULL, "SupportedRevision 1", "%u", (unsigned)revision);
        if (outputs->bytes_read == 0 || outputs->bytes_read > view->length)
            judgement_break(view->judgement, is_update ? "UPD-023" : "HDR-019", NULL,
                            "BytesRead above 0 and not above InformationBufferLength", "%u of %u",
                            (unsigned)outputs->bytes_read, (unsigned)view->length);
    }
    if ((view->status == NDIS_STATUS_BUFFER_TOO_SHORT || view->status == NDIS_STATUS_INVALID_LENGTH) &&
        (outputs->bytes_needed <= view->length || outputs->bytes_needed < list_fixed(&view->list) - 1))
        judgement_break(view->judgement, "HDR-018", NULL, "BytesNeeded is enough for this request", "%u after %u",
                        (unsigned)outputs->bytes_needed, (unsigned)view->length);
}
