/* SPDX-License-Identifier: MIT */
/*
 * The NDIS layouts, OIDs, statuses and constants of IPsec Offload Version 2, in our own words.
 *
 * Members keep the names that NDIS gives them; a struct tag is the NDIS name in lower case.  Every integer has a fixed
 * width (a Windows ULONG is 32 bits everywhere, an `unsigned long` is not), enums are uint32_t, and nothing is packed:
 * natural alignment gives the Windows layout on every compiler we build with.  Each size and offset is asserted below,
 * first the value for 64-bit pointers, then for 32-bit ones.
 *
 * Source keys: S-ADD ... are the DDI pages of the structures, NDIS.H and NTDD.H the headers ndis.h and ntddndis.h,
 * D-REQ the page of NDIS_OID_REQUEST, S-NBLI and S-HDR those of the out-of-band words.
 *
 * It is one file, although a long one, because a vendor copies and includes it as one, as ndis.h is.
 */
#ifndef OV2_NDIS_IPSEC_H
#define OV2_NDIS_IPSEC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define OV2_STATIC_ASSERT(condition) static_assert(condition, #condition)
#else
#define OV2_STATIC_ASSERT(condition) _Static_assert(condition, #condition)
#endif
#define OV2_BY_POINTER_SIZE(on64, on32) (sizeof(void *) == 8 ? (on64) : (on32))
#define OV2_ASSERT_OFFSET(type, member, on64, on32)                                                                    \
    OV2_STATIC_ASSERT(offsetof(type, member) == OV2_BY_POINTER_SIZE(on64, on32))
#define OV2_ASSERT_SIZE(type, on64, on32) OV2_STATIC_ASSERT(sizeof(type) == OV2_BY_POINTER_SIZE(on64, on32))

/* ---- OIDs (NTDD.H) ---- */

#define OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA    0xFC030202u
#define OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA 0xFC030203u
#define OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA 0xFC030204u
#define OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX 0xFC030205u
#define OID_TCP_OFFLOAD_CURRENT_CONFIG          0xFC01020Bu
#define OID_TCP_OFFLOAD_PARAMETERS              0xFC01020Cu
#define OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES   0xFC01020Du
#define OID_OFFLOAD_ENCAPSULATION               0x0101010Au
/* IPsec Version 1; here only so that nobody mixes them up. */
#define OID_TCP_TASK_IPSEC_ADD_SA           0xFC010202u
#define OID_TCP_TASK_IPSEC_DELETE_SA        0xFC010203u
#define OID_TCP_TASK_IPSEC_ADD_UDPESP_SA    0xFC010205u
#define OID_TCP_TASK_IPSEC_DELETE_UDPESP_SA 0xFC010206u

/* ---- NDIS_STATUS (NDIS.H).  Some failures are positive numbers: compare with SUCCESS, never with a sign. ---- */

#define NDIS_STATUS_SUCCESS              0x00000000u
#define NDIS_STATUS_PENDING              0x00000103u
#define NDIS_STATUS_NOT_RECOGNIZED       0x00010001u
#define NDIS_STATUS_NOT_COPIED           0x00010002u
#define NDIS_STATUS_NOT_ACCEPTED         0x00010003u
#define NDIS_STATUS_INDICATION_REQUIRED  0x40230001u
#define NDIS_STATUS_BUFFER_OVERFLOW      0x80000005u
#define NDIS_STATUS_FAILURE              0xC0000001u
#define NDIS_STATUS_INVALID_PARAMETER    0xC000000Du
#define NDIS_STATUS_RESOURCES            0xC000009Au
#define NDIS_STATUS_NOT_SUPPORTED        0xC00000BBu
#define NDIS_STATUS_INVALID_STATE        0xC0000184u
#define NDIS_STATUS_CLOSING              0xC0010002u
#define NDIS_STATUS_REQUEST_ABORTED      0xC001000Cu
#define NDIS_STATUS_RESET_IN_PROGRESS    0xC001000Du
#define NDIS_STATUS_INVALID_PACKET       0xC001000Fu
#define NDIS_STATUS_INVALID_LENGTH       0xC0010014u
#define NDIS_STATUS_INVALID_DATA         0xC0010015u
#define NDIS_STATUS_BUFFER_TOO_SHORT     0xC0010016u
#define NDIS_STATUS_INVALID_OID          0xC0010017u
#define NDIS_STATUS_ADAPTER_REMOVED      0xC0010018u
#define NDIS_STATUS_SEND_ABORTED         0xC023000Cu
#define NDIS_STATUS_PAUSED               0xC023002Au
#define NDIS_STATUS_UNSUPPORTED_REVISION 0xC023002Cu
#define NDIS_STATUS_INVALID_PORT         0xC023002Du
#define NDIS_STATUS_LOW_POWER_STATE      0xC023002Fu
/* Status indications. */
#define NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG        0x40020006u
#define NDIS_STATUS_TASK_OFFLOAD_HARDWARE_CAPABILITIES 0x40020007u
#define NDIS_STATUS_OFFLOAD_ENCASPULATION_CHANGE       0x40020008u /* spelled this way in NDIS.H */

/* ---- NDIS_OBJECT_HEADER (H-HDR) ---- */

struct ndis_object_header {
    uint8_t Type;
    uint8_t Revision;
    uint16_t Size;
};
OV2_ASSERT_OFFSET(struct ndis_object_header, Revision, 1, 1);
OV2_ASSERT_OFFSET(struct ndis_object_header, Size, 2, 2);
OV2_ASSERT_SIZE(struct ndis_object_header, 4, 4);

#define NDIS_OBJECT_TYPE_DEFAULT                             0x80u
#define NDIS_OBJECT_TYPE_OID_REQUEST                         0x96u
#define NDIS_OBJECT_TYPE_STATUS_INDICATION                   0x98u
#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES 0xA0u
#define NDIS_OBJECT_TYPE_OFFLOAD                             0xA7u
#define NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION               0xA8u

/* ---- NDIS_OID_REQUEST (D-REQ) ---- */

#define NDIS_REQUEST_QUERY_INFORMATION 0u
#define NDIS_REQUEST_SET_INFORMATION   1u
#define NDIS_REQUEST_QUERY_STATISTICS  2u
#define NDIS_REQUEST_METHOD            12u

struct ndis_oid_request {
    struct ndis_object_header Header; /* Type 0x96, Revision 1 or 2 */
    uint32_t RequestType;
    uint32_t PortNumber;
    uint32_t Timeout; /* seconds, 0 = infinite */
    void *RequestId;
    void *RequestHandle;
    union {
        struct {
            uint32_t Oid;
            void *InformationBuffer;
            uint32_t InformationBufferLength;
            uint32_t BytesRead;   /* out */
            uint32_t BytesNeeded; /* out */
        } SET_INFORMATION;
        struct {
            uint32_t Oid;
            void *InformationBuffer;
            uint32_t InformationBufferLength;
            uint32_t BytesWritten; /* out */
            uint32_t BytesNeeded;  /* out */
        } QUERY_INFORMATION;
        struct {
            uint32_t Oid;
            void *InformationBuffer;
            uint32_t InputBufferLength;
            uint32_t OutputBufferLength;
            uint32_t MethodId;
            uint32_t BytesWritten; /* out */
            uint32_t BytesRead;    /* out */
            uint32_t BytesNeeded;  /* out */
        } METHOD_INFORMATION;
    } DATA;
    uint8_t NdisReserved[16 * sizeof(void *)];
    uint8_t MiniportReserved[2 * sizeof(void *)]; /* the driver's while it holds the request */
    uint8_t SourceReserved[2 * sizeof(void *)];   /* the issuer's */
    uint8_t SupportedRevision;                    /* out */
    uint8_t Reserved1;
    uint16_t Reserved2;
    uint32_t SwitchId; /* from here on: Revision 2, NDIS 6.50 */
    uint32_t VPortId;
    uint32_t Flags; /* 0x1: VPortId is valid */
};
#define NDIS_OID_REQUEST_REVISION_1           1u
#define NDIS_OID_REQUEST_REVISION_2           2u
#define NDIS_SIZEOF_OID_REQUEST_REVISION_1    OV2_BY_POINTER_SIZE(236u, 140u)
#define NDIS_SIZEOF_OID_REQUEST_REVISION_2    OV2_BY_POINTER_SIZE(248u, 152u)
#define NDIS_OID_REQUEST_FLAGS_VPORT_ID_VALID 0x1u

OV2_ASSERT_OFFSET(struct ndis_oid_request, RequestType, 4, 4);
OV2_ASSERT_OFFSET(struct ndis_oid_request, PortNumber, 8, 8);
OV2_ASSERT_OFFSET(struct ndis_oid_request, Timeout, 12, 12);
OV2_ASSERT_OFFSET(struct ndis_oid_request, RequestId, 16, 16);
OV2_ASSERT_OFFSET(struct ndis_oid_request, RequestHandle, 24, 20);
OV2_ASSERT_OFFSET(struct ndis_oid_request, DATA.SET_INFORMATION.Oid, 32, 24);
OV2_ASSERT_OFFSET(struct ndis_oid_request, DATA.SET_INFORMATION.InformationBuffer, 40, 28);
OV2_ASSERT_OFFSET(struct ndis_oid_request, DATA.SET_INFORMATION.InformationBufferLength, 48, 32);
OV2_ASSERT_OFFSET(struct ndis_oid_request, DATA.SET_INFORMATION.BytesRead, 52, 36);
OV2_ASSERT_OFFSET(struct ndis_oid_request, DATA.SET_INFORMATION.BytesNeeded, 56, 40);
OV2_ASSERT_OFFSET(struct ndis_oid_request, DATA.METHOD_INFORMATION.InputBufferLength, 48, 32);
OV2_ASSERT_OFFSET(struct ndis_oid_request, DATA.METHOD_INFORMATION.OutputBufferLength, 52, 36);
OV2_ASSERT_OFFSET(struct ndis_oid_request, DATA.METHOD_INFORMATION.MethodId, 56, 40);
OV2_ASSERT_OFFSET(struct ndis_oid_request, DATA.METHOD_INFORMATION.BytesWritten, 60, 44);
OV2_ASSERT_OFFSET(struct ndis_oid_request, DATA.METHOD_INFORMATION.BytesRead, 64, 48);
OV2_ASSERT_OFFSET(struct ndis_oid_request, DATA.METHOD_INFORMATION.BytesNeeded, 68, 52);
OV2_ASSERT_OFFSET(struct ndis_oid_request, NdisReserved, 72, 56);
OV2_ASSERT_OFFSET(struct ndis_oid_request, MiniportReserved, 200, 120);
OV2_ASSERT_OFFSET(struct ndis_oid_request, SourceReserved, 216, 128);
OV2_ASSERT_OFFSET(struct ndis_oid_request, SupportedRevision, 232, 136);
OV2_ASSERT_OFFSET(struct ndis_oid_request, Reserved1, 233, 137);
OV2_ASSERT_OFFSET(struct ndis_oid_request, Reserved2, 234, 138);
OV2_ASSERT_OFFSET(struct ndis_oid_request, SwitchId, 236, 140);
OV2_ASSERT_OFFSET(struct ndis_oid_request, VPortId, 240, 144);
OV2_ASSERT_OFFSET(struct ndis_oid_request, Flags, 244, 148);
OV2_ASSERT_SIZE(struct ndis_oid_request, 248, 152);

/* ---- Security associations (S-SA, S-ALG, S-ADD, S-EX, S-UPD, S-DEL) ---- */

#define IPSEC_OFFLOAD_V2_OPERATION_AH  1u
#define IPSEC_OFFLOAD_V2_OPERATION_ESP 2u
#define IPSEC_OFFLOAD_V2_OPERATION_MAX 3u /* not an operation */

#define IPSEC_OFFLOAD_V2_MAX_EXTENSION_HEADERS 2u
#define IPSEC_OFFLOAD_V2_INBOUND               0x00000001u /* ADD Flags; clear: outbound */
#define IPSEC_OFFLOAD_V2_IPv6                  0x00000010u /* ADD Flags; clear: IPv4 */
#define IPSEC_OFFLOAD_V2_ESN_SA                0x00000001u /* SecAssoc Flags */

/* The AES_GCM values of the authentication name space mean AES-GMAC.  The two name spaces overlap numerically. */
#define IPSEC_OFFLOAD_V2_AUTHENTICATION_MD5         0x01u
#define IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_1       0x02u
#define IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_256     0x04u
#define IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_128 0x08u
#define IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_192 0x10u
#define IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_256 0x20u
#define IPSEC_OFFLOAD_V2_ENCRYPTION_NONE            0x001u /* ESP with null encryption; not the same as Identifier 0 */
#define IPSEC_OFFLOAD_V2_ENCRYPTION_DES_CBC         0x002u
#define IPSEC_OFFLOAD_V2_ENCRYPTION_3_DES_CBC       0x004u
#define IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128     0x008u
#define IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192     0x010u
#define IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256     0x020u
#define IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_128     0x040u
#define IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_192     0x080u
#define IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_256     0x100u

#define IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE                  0x0u
#define IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT             0x1u
#define IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TUNNEL                0x2u
#define IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL 0x4u
#define IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT_OVER_TUNNEL 0x8u

struct ipsec_offload_v2_algorithm_info {
    uint32_t Identifier;
    uint32_t KeyLength;      /* bytes */
    uint32_t KeyOffsetBytes; /* from the start of the SA's key area */
    uint32_t AdditionalInfo; /* AES-GCM: the ICV length */
};
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_algorithm_info, KeyLength, 4, 4);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_algorithm_info, KeyOffsetBytes, 8, 8);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_algorithm_info, AdditionalInfo, 12, 12);
OV2_ASSERT_SIZE(struct ipsec_offload_v2_algorithm_info, 16, 16);

struct ipsec_offload_v2_security_association {
    uint32_t Flags;
    uint32_t Operation;
    uint32_t Spi;
    struct ipsec_offload_v2_algorithm_info AuthenticationAlgorithm;
    struct ipsec_offload_v2_algorithm_info EncryptionAlgorithm;
    uint32_t SequenceNumberHighOrder;
};
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_security_association, Operation, 4, 4);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_security_association, Spi, 8, 8);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_security_association, AuthenticationAlgorithm, 12, 12);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_security_association, EncryptionAlgorithm, 28, 28);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_security_association, SequenceNumberHighOrder, 44, 44);
OV2_ASSERT_SIZE(struct ipsec_offload_v2_security_association, 48, 48);

/* The endpoints of an SA; addresses are network-order bytes, zero is a wildcard.  An IPAddr is a ULONG that holds
 * network-order bytes, so it is declared as the four bytes it is. */
union ipsec_offload_v2_endpoints {
    struct {
        uint8_t SrcAddr[4];
        uint8_t DestAddr[4];
    } IPv4Endpoints;
    struct {
        uint8_t SrcAddr[16];
        uint8_t DestAddr[16];
    } IPv6Endpoints;
    uint32_t Alignment; /* not of the interface: gives the union the alignment of a ULONG */
};
OV2_ASSERT_SIZE(union ipsec_offload_v2_endpoints, 32, 32);

struct ipsec_offload_v2_add_sa {
    struct ndis_object_header Header;
    struct ipsec_offload_v2_add_sa *Next;
    uint32_t NumExtHdrs;
    uint32_t Flags;
    union ipsec_offload_v2_endpoints Endpoints;
    void *OffloadHandle; /* out */
    uint32_t UdpEspEncapsulation;
    struct ipsec_offload_v2_security_association SecAssoc[IPSEC_OFFLOAD_V2_MAX_EXTENSION_HEADERS];
    uint32_t KeyLength;
    uint8_t KeyData[1]; /* KeyLength bytes */
};
#define NDIS_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1        1u
#define NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1 OV2_BY_POINTER_SIZE(169u, 157u)
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa, Next, 8, 4);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa, NumExtHdrs, 16, 8);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa, Flags, 20, 12);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa, Endpoints.IPv4Endpoints.SrcAddr, 24, 16);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa, Endpoints.IPv4Endpoints.DestAddr, 28, 20);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa, Endpoints.IPv6Endpoints.SrcAddr, 24, 16);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa, Endpoints.IPv6Endpoints.DestAddr, 40, 32);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa, OffloadHandle, 56, 48);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa, UdpEspEncapsulation, 64, 52);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa, SecAssoc, 68, 56);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa, KeyLength, 164, 152);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa, KeyData, 168, 156);
OV2_ASSERT_SIZE(struct ipsec_offload_v2_add_sa, 176, 160);

struct ipsec_offload_v2_add_sa_ex {
    struct ndis_object_header Header;
    uint32_t NumExtHdrs;
    uint32_t Flags;
    union ipsec_offload_v2_endpoints Endpoints;
    void *OffloadHandle; /* out */
    uint32_t UdpEspEncapsulation;
    struct ipsec_offload_v2_security_association SecAssoc[IPSEC_OFFLOAD_V2_MAX_EXTENSION_HEADERS];
    uint32_t KeyLength;
    uint32_t KeyOffset; /* from the start of this structure */
    uint32_t SourceSwitchPortId;
    uint16_t VlanId;
};
#define NDIS_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1        1u
#define NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1 OV2_BY_POINTER_SIZE(170u, 162u)
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa_ex, NumExtHdrs, 4, 4);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa_ex, Flags, 8, 8);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa_ex, Endpoints.IPv4Endpoints.SrcAddr, 12, 12);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa_ex, Endpoints.IPv4Endpoints.DestAddr, 16, 16);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa_ex, Endpoints.IPv6Endpoints.SrcAddr, 12, 12);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa_ex, Endpoints.IPv6Endpoints.DestAddr, 28, 28);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa_ex, OffloadHandle, 48, 44);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa_ex, UdpEspEncapsulation, 56, 48);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa_ex, SecAssoc, 60, 52);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa_ex, KeyLength, 156, 148);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa_ex, KeyOffset, 160, 152);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa_ex, SourceSwitchPortId, 164, 156);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_add_sa_ex, VlanId, 168, 160);
OV2_ASSERT_SIZE(struct ipsec_offload_v2_add_sa_ex, 176, 164);

struct ipsec_offload_v2_delete_sa {
    struct ndis_object_header Header;
    struct ipsec_offload_v2_delete_sa *Next;
    void *OffloadHandle;
};
#define NDIS_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1        1u
#define NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1 OV2_BY_POINTER_SIZE(24u, 12u)
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_delete_sa, Next, 8, 4);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_delete_sa, OffloadHandle, 16, 8);
OV2_ASSERT_SIZE(struct ipsec_offload_v2_delete_sa, 24, 12);

/* NDIS.H and every published type dump: no Next. */
struct ipsec_offload_v2_update_sa {
    struct ndis_object_header Header;
    void *OffloadHandle;
    uint32_t Operation;
    uint32_t Spi;
    uint32_t SequenceNumberHighOrder;
};
#define NDIS_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1        1u
#define NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1 OV2_BY_POINTER_SIZE(28u, 20u)
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_update_sa, OffloadHandle, 8, 4);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_update_sa, Operation, 16, 8);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_update_sa, Spi, 20, 12);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_update_sa, SequenceNumberHighOrder, 24, 16);
OV2_ASSERT_SIZE(struct ipsec_offload_v2_update_sa, 32, 20);

/* The list that the prose of S-UPD and O-UPD promises and no header declares: UPDATE_LAYOUT=linked. */
struct ipsec_offload_v2_update_sa_linked {
    struct ndis_object_header Header;
    struct ipsec_offload_v2_update_sa_linked *Next;
    void *OffloadHandle;
    uint32_t Operation;
    uint32_t Spi;
    uint32_t SequenceNumberHighOrder;
};
#define OV2_SIZEOF_UPDATE_SA_LINKED_REVISION_1 OV2_BY_POINTER_SIZE(36u, 24u)
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_update_sa_linked, Next, 8, 4);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_update_sa_linked, OffloadHandle, 16, 8);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_update_sa_linked, Operation, 24, 12);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_update_sa_linked, Spi, 28, 16);
OV2_ASSERT_OFFSET(struct ipsec_offload_v2_update_sa_linked, SequenceNumberHighOrder, 32, 20);
OV2_ASSERT_SIZE(struct ipsec_offload_v2_update_sa_linked, 40, 24);

/* ---- Capabilities and configuration (S-CAP, S-OFF, S-PAR, S-ENC) ---- */

struct ndis_ipsec_offload_v2 {
    uint32_t Encapsulation; /* NDIS_ENCAPSULATION_* */
    uint8_t IPv6Supported;
    uint8_t IPv4Options;
    uint8_t IPv6NonIPsecExtensionHeaders;
    uint8_t Ah;
    uint8_t Esp;
    uint8_t AhEspCombined;
    uint8_t Transport;
    uint8_t Tunnel;
    uint8_t TransportTunnelCombined;
    uint8_t LsoSupported;
    uint8_t ExtendedSequenceNumbers;
    uint8_t Padding;
    uint32_t UdpEsp;                   /* mask */
    uint32_t AuthenticationAlgorithms; /* mask */
    uint32_t EncryptionAlgorithms;     /* mask */
    uint32_t SaOffloadCapacity;        /* bundles */
};
OV2_ASSERT_OFFSET(struct ndis_ipsec_offload_v2, IPv6Supported, 4, 4);
OV2_ASSERT_OFFSET(struct ndis_ipsec_offload_v2, IPv4Options, 5, 5);
OV2_ASSERT_OFFSET(struct ndis_ipsec_offload_v2, IPv6NonIPsecExtensionHeaders, 6, 6);
OV2_ASSERT_OFFSET(struct ndis_ipsec_offload_v2, Ah, 7, 7);
OV2_ASSERT_OFFSET(struct ndis_ipsec_offload_v2, Esp, 8, 8);
OV2_ASSERT_OFFSET(struct ndis_ipsec_offload_v2, AhEspCombined, 9, 9);
OV2_ASSERT_OFFSET(struct ndis_ipsec_offload_v2, Transport, 10, 10);
OV2_ASSERT_OFFSET(struct ndis_ipsec_offload_v2, Tunnel, 11, 11);
OV2_ASSERT_OFFSET(struct ndis_ipsec_offload_v2, TransportTunnelCombined, 12, 12);
OV2_ASSERT_OFFSET(struct ndis_ipsec_offload_v2, LsoSupported, 13, 13);
OV2_ASSERT_OFFSET(struct ndis_ipsec_offload_v2, ExtendedSequenceNumbers, 14, 14);
OV2_ASSERT_OFFSET(struct ndis_ipsec_offload_v2, UdpEsp, 16, 16);
OV2_ASSERT_OFFSET(struct ndis_ipsec_offload_v2, AuthenticationAlgorithms, 20, 20);
OV2_ASSERT_OFFSET(struct ndis_ipsec_offload_v2, EncryptionAlgorithms, 24, 24);
OV2_ASSERT_OFFSET(struct ndis_ipsec_offload_v2, SaOffloadCapacity, 28, 28);
OV2_ASSERT_SIZE(struct ndis_ipsec_offload_v2, 32, 32);

#define NDIS_ENCAPSULATION_NOT_SUPPORTED             0x00u
#define NDIS_ENCAPSULATION_NULL                      0x01u
#define NDIS_ENCAPSULATION_IEEE_802_3                0x02u
#define NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q        0x04u
#define NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q_IN_OOB 0x08u
#define NDIS_ENCAPSULATION_IEEE_LLC_SNAP_ROUTED      0x10u

/* NDIS_OFFLOAD: the members that IPsec does not touch are held as the room they take. */
struct ndis_offload {
    struct ndis_object_header Header; /* Type 0xA7 */
    uint32_t Checksum[8];
    uint32_t LsoV1[4];
    uint32_t IPsecV1[7];
    uint32_t LsoV2[7];
    uint32_t Flags;
    struct ndis_ipsec_offload_v2 IPsecV2;
    uint8_t Rsc[4];
    uint32_t EncapsulatedPacketTaskOffloadGre[2];
    uint32_t EncapsulatedPacketTaskOffloadVxlan[5];
    uint8_t EncapsulationTypes;
    uint32_t Rfc6877Xlat[2];
    uint32_t UdpSegmentation[7];
};
#define NDIS_OFFLOAD_REVISION_1                        1u
#define NDIS_OFFLOAD_REVISION_2                        2u
#define NDIS_OFFLOAD_REVISION_3                        3u
#define NDIS_OFFLOAD_REVISION_4                        4u
#define NDIS_OFFLOAD_REVISION_5                        5u
#define NDIS_OFFLOAD_REVISION_6                        6u
#define NDIS_OFFLOAD_REVISION_7                        7u
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1            112u /* no IPsecV2 */
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_2            144u /* NDIS 6.1, 6.20 */
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3            156u /* NDIS 6.30 */
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_4            177u /* NDIS 6.50 */
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_5            188u /* NDIS 6.70 */
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6            216u /* NDIS 6.83 */
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_7            216u /* NDIS 6.85 */
#define NDIS_OFFLOAD_FLAGS_GROUP_CHECKSUM_CAPABILITIES 0x1u
#define IPSEC_OFFLOAD_V2_AND_TCP_CHECKSUM_COEXISTENCE  0x2u
#define IPSEC_OFFLOAD_V2_AND_UDP_CHECKSUM_COEXISTENCE  0x4u
OV2_ASSERT_OFFSET(struct ndis_offload, Checksum, 4, 4);
OV2_ASSERT_OFFSET(struct ndis_offload, LsoV1, 36, 36);
OV2_ASSERT_OFFSET(struct ndis_offload, IPsecV1, 52, 52);
OV2_ASSERT_OFFSET(struct ndis_offload, LsoV2, 80, 80);
OV2_ASSERT_OFFSET(struct ndis_offload, Flags, 108, 108);
OV2_ASSERT_OFFSET(struct ndis_offload, IPsecV2, 112, 112);
OV2_ASSERT_OFFSET(struct ndis_offload, Rsc, 144, 144);
OV2_ASSERT_OFFSET(struct ndis_offload, EncapsulatedPacketTaskOffloadGre, 148, 148);
OV2_ASSERT_OFFSET(struct ndis_offload, EncapsulatedPacketTaskOffloadVxlan, 156, 156);
OV2_ASSERT_OFFSET(struct ndis_offload, EncapsulationTypes, 176, 176);
OV2_ASSERT_OFFSET(struct ndis_offload, Rfc6877Xlat, 180, 180);
OV2_ASSERT_OFFSET(struct ndis_offload, UdpSegmentation, 188, 188);
OV2_ASSERT_SIZE(struct ndis_offload, 216, 216);

/* LsoV1 is of IPv4; LsoV2 is of IPv4 (without options), then from OV2_LSO_V2_IPV6 of IPv6.  V1's options: TcpOptions
 * bits 0-1, IpOptions 2-3; V2's: IpExtensionHeadersSupported 0-1, TcpOptionsSupported 2-3. */
#define OV2_LSO_ENCAPSULATION     0
#define OV2_LSO_MAX_OFFLOAD_SIZE  1
#define OV2_LSO_MIN_SEGMENT_COUNT 2
#define OV2_LSO_OPTIONS           3
#define OV2_LSO_V2_IPV6           3

/* Checksum: two words each, Encapsulation and a set of two-bit NDIS_OFFLOAD_* values: options 0-1, TCP options 2-3, TCP
 * 4-5, UDP 6-7, and for IPv4 the IP header 8-9. */
#define OV2_CHECKSUM_IPV4_TRANSMIT 0
#define OV2_CHECKSUM_IPV4_RECEIVE  2
#define OV2_CHECKSUM_IPV6_TRANSMIT 4
#define OV2_CHECKSUM_IPV6_RECEIVE  6

struct ndis_offload_parameters {
    struct ndis_object_header Header; /* Type 0x80 */
    uint8_t IPv4Checksum;
    uint8_t TCPIPv4Checksum;
    uint8_t UDPIPv4Checksum;
    uint8_t TCPIPv6Checksum;
    uint8_t UDPIPv6Checksum;
    uint8_t LsoV1;
    uint8_t IPsecV1;
    uint8_t LsoV2IPv4;
    uint8_t LsoV2IPv6;
    uint8_t TcpConnectionIPv4;
    uint8_t TcpConnectionIPv6;
    uint32_t Flags;
    uint8_t IPsecV2; /* NDIS_OFFLOAD_PARAMETERS_IPSECV2_* */
    uint8_t IPsecV2IPv4;
    uint8_t RscIPv4;
    uint8_t RscIPv6;
    uint8_t EncapsulatedPacketTaskOffload;
    uint8_t EncapsulationTypes;
    uint32_t EncapsulationProtocolParameters;
    uint8_t UdpSegmentation[2];
};
#define NDIS_OFFLOAD_PARAMETERS_REVISION_1                 1u
#define NDIS_OFFLOAD_PARAMETERS_REVISION_2                 2u
#define NDIS_OFFLOAD_PARAMETERS_REVISION_3                 3u
#define NDIS_OFFLOAD_PARAMETERS_REVISION_4                 4u
#define NDIS_OFFLOAD_PARAMETERS_REVISION_5                 5u
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1          20u
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_2          22u
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3          26u
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_4          32u
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5          34u
#define NDIS_OFFLOAD_PARAMETERS_NO_CHANGE                  0u
#define NDIS_OFFLOAD_PARAMETERS_LSOV1_DISABLED             1u
#define NDIS_OFFLOAD_PARAMETERS_LSOV1_ENABLED              2u
#define NDIS_OFFLOAD_PARAMETERS_LSOV2_DISABLED             1u
#define NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED              2u
#define NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED           1u
#define NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_ENABLED         2u
#define NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED        3u
#define NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED 4u
#define NDIS_OFFLOAD_PARAMETERS_SKIP_REGISTRY_UPDATE       0x1u
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, IPv4Checksum, 4, 4);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, TCPIPv4Checksum, 5, 5);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, UDPIPv4Checksum, 6, 6);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, TCPIPv6Checksum, 7, 7);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, UDPIPv6Checksum, 8, 8);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, LsoV1, 9, 9);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, IPsecV1, 10, 10);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, LsoV2IPv4, 11, 11);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, LsoV2IPv6, 12, 12);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, TcpConnectionIPv4, 13, 13);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, TcpConnectionIPv6, 14, 14);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, Flags, 16, 16);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, IPsecV2, 20, 20);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, IPsecV2IPv4, 21, 21);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, RscIPv4, 22, 22);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, RscIPv6, 23, 23);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, EncapsulatedPacketTaskOffload, 24, 24);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, EncapsulationTypes, 25, 25);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, EncapsulationProtocolParameters, 28, 28);
OV2_ASSERT_OFFSET(struct ndis_offload_parameters, UdpSegmentation, 32, 32);
OV2_ASSERT_SIZE(struct ndis_offload_parameters, 36, 36);

struct ndis_offload_encapsulation_family {
    uint32_t Enabled; /* NDIS_OFFLOAD_SET_* */
    uint32_t EncapsulationType;
    uint32_t HeaderSize;
};
struct ndis_offload_encapsulation {
    struct ndis_object_header Header; /* Type 0xA8, Revision 1 */
    struct ndis_offload_encapsulation_family IPv4;
    struct ndis_offload_encapsulation_family IPv6;
};
#define NDIS_OFFLOAD_ENCAPSULATION_REVISION_1        1u
#define NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1 28u
#define NDIS_OFFLOAD_SET_NO_CHANGE                   0u
#define NDIS_OFFLOAD_SET_ON                          1u
#define NDIS_OFFLOAD_SET_OFF                         2u
#define NDIS_OFFLOAD_NOT_SUPPORTED                   0u
#define NDIS_OFFLOAD_SUPPORTED                       1u
OV2_ASSERT_OFFSET(struct ndis_offload_encapsulation, IPv4.Enabled, 4, 4);
OV2_ASSERT_OFFSET(struct ndis_offload_encapsulation, IPv4.EncapsulationType, 8, 8);
OV2_ASSERT_OFFSET(struct ndis_offload_encapsulation, IPv4.HeaderSize, 12, 12);
OV2_ASSERT_OFFSET(struct ndis_offload_encapsulation, IPv6.Enabled, 16, 16);
OV2_ASSERT_OFFSET(struct ndis_offload_encapsulation, IPv6.EncapsulationType, 20, 20);
OV2_ASSERT_OFFSET(struct ndis_offload_encapsulation, IPv6.HeaderSize, 24, 24);
OV2_ASSERT_SIZE(struct ndis_offload_encapsulation, 28, 28);

/* Registry keywords; their scale is not the one of NDIS_OFFLOAD_PARAMETERS: 0 disabled, 1 AH, 2 ESP, 3 both (K-KEY). */
#define OV2_KEYWORD_IPSEC_OFFLOAD_V2      "*IPsecOffloadV2"
#define OV2_KEYWORD_IPSEC_OFFLOAD_V2_IPV4 "*IPsecOffloadV2IPv4"

/* ---- Out-of-band words (S-NBLI, S-TUN, S-HDR): plain numbers here, so that no bit-field crosses the contract ---- */

#define NDIS_NBL_FLAGS_SEND_READ_ONLY 0x1u

/* Slot 1, receive. */
#define OV2_OOB_SA_DELETE_REQ       0x1u
#define OV2_OOB_CRYPTO_DONE         0x2u
#define OV2_OOB_NEXT_CRYPTO_DONE    0x4u
#define OV2_OOB_RESERVED            0xFFF8u
#define OV2_OOB_CRYPTO_STATUS_SHIFT 16

#define CRYPTO_SUCCESS                   0u
#define CRYPTO_GENERIC_ERROR             1u
#define CRYPTO_TRANSPORT_AH_AUTH_FAILED  2u
#define CRYPTO_TRANSPORT_ESP_AUTH_FAILED 3u
#define CRYPTO_TUNNEL_AH_AUTH_FAILED     4u
#define CRYPTO_TUNNEL_ESP_AUTH_FAILED    5u
#define CRYPTO_INVALID_PACKET_SYNTAX     6u
#define CRYPTO_INVALID_PROTOCOL          7u

static inline uint32_t ov2_crypto_status(uint64_t ipsec)
{
    return (uint32_t)(ipsec >> OV2_OOB_CRYPTO_STATUS_SHIFT) & 0xFFFFu;
}

/* Slot 12, send: header offsets count units of 4 bytes from the start of the IP header. */
static inline uint64_t ov2_header_send(uint32_t next_header, uint32_t pad_length, uint32_t ah_offset,
                                       uint32_t esp_offset)
{
    return (next_header & 0xFFu) | (pad_length & 0xFFu) << 8 | (ah_offset & 0xFFu) << 16 | (esp_offset & 0xFFu) << 24;
}

/* Slot 12, both directions. */
static inline uint32_t ov2_header_next_header(uint64_t header)
{
    return (uint32_t)header & 0xFFu;
}

static inline uint32_t ov2_header_pad_length(uint64_t header)
{
    return (uint32_t)(header >> 8) & 0xFFu;
}

/* Slot 12, send: the header's offset in bytes. */
static inline uint32_t ov2_header_ah_offset(uint64_t header)
{
    return ((uint32_t)(header >> 16) & 0xFFu) * 4u;
}

static inline uint32_t ov2_header_esp_offset(uint64_t header)
{
    return ((uint32_t)(header >> 24) & 0xFFu) * 4u;
}

/* Slot 12, receive: NextHeader and PadLength mean something only with this bit. */
#define OV2_OOB_HEADER_INFO_SET 0x10000u

/* Slot 2 (ns-ndis-_ndis_tcp_large_send_offload_net_buffer_list_info.md, L-LSO).  Send: MSS bits 0-19, TcpHeaderOffset
 * 20-29 in bytes from the start of the packet, Type 30, IPVersion 31 (V2 only).  Completed: Type stays; V1 counts the
 * TCP payload in bits 0-29, V2 has zero there. */
#define NDIS_TCP_LARGE_SEND_OFFLOAD_V1_TYPE 0u
#define NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE 1u
#define NDIS_TCP_LARGE_SEND_OFFLOAD_IPv4    0u
#define NDIS_TCP_LARGE_SEND_OFFLOAD_IPv6    1u

static inline uint64_t ov2_large_send(uint32_t mss, uint32_t tcp_offset, uint32_t type, uint32_t ip_version)
{
    return (mss & 0xFFFFFu) | (tcp_offset & 0x3FFu) << 20 | (type & 1u) << 30 | (ip_version & 1u) << 31;
}

static inline uint32_t ov2_large_mss(uint64_t large_send)
{
    return (uint32_t)large_send & 0xFFFFFu;
}

static inline uint32_t ov2_large_tcp_offset(uint64_t large_send)
{
    return (uint32_t)(large_send >> 20) & 0x3FFu;
}

static inline uint32_t ov2_large_type(uint64_t large_send)
{
    return (uint32_t)(large_send >> 30) & 1u;
}

static inline uint32_t ov2_large_ip_version(uint64_t large_send)
{
    return (uint32_t)(large_send >> 31) & 1u;
}

/* What the slot says when the list is completed; payload: the TCP payload that was sent. */
static inline uint64_t ov2_large_completed(uint32_t type, uint32_t payload)
{
    return type == NDIS_TCP_LARGE_SEND_OFFLOAD_V1_TYPE ? payload & 0x3FFFFFFFu : 1u << 30;
}

/* Slot 0 (ns-ndis-_ndis_tcp_ip_checksum_net_buffer_list_info.md, L-CK).  Send: what to compute; TcpHeaderOffset is in
 * bits 16-25, in bytes from the start of the packet. */
#define OV2_CHECKSUM_IS_IPV4          0x01u
#define OV2_CHECKSUM_IS_IPV6          0x02u
#define OV2_CHECKSUM_TCP              0x04u
#define OV2_CHECKSUM_UDP              0x08u
#define OV2_CHECKSUM_IP_HEADER        0x10u
#define OV2_CHECKSUM_TCP_OFFSET_SHIFT 16

/* Slot 0, receive. */
#define OV2_CHECKSUM_TCP_FAILED    0x01u
#define OV2_CHECKSUM_UDP_FAILED    0x02u
#define OV2_CHECKSUM_IP_FAILED     0x04u
#define OV2_CHECKSUM_TCP_SUCCEEDED 0x08u
#define OV2_CHECKSUM_UDP_SUCCEEDED 0x10u
#define OV2_CHECKSUM_IP_SUCCEEDED  0x20u

#ifdef __cplusplus
}
#endif
#endif
