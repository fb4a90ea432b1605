/* SPDX-License-Identifier: MIT */
/*
 * Deliberate bugs.  FAULTY(right, ID, wrong) is `right` unless the device that is running was opened with fault=ID:
 * read the first argument, it is the correct code.  faults.def lists them all.
 *
 * The selection belongs to a device; each entry point of the adapter selects its device's fault for the calling thread,
 * so that a faulty and a clean device can live in one process.  A build with OV2_NO_FAULTS holds none of this.
 */
#ifndef OV2_REFERENCE_FAULT_H
#define OV2_REFERENCE_FAULT_H

#include <stdint.h>

enum fault {
    FAULT_NONE,
#define FAULT(id, requirements, text)      FAULT_##id,
#define FAULT_ASAN(id, requirements, text) FAULT_##id,
#include "faults.def"
#undef FAULT
#undef FAULT_ASAN
    FAULT_COUNT
};

#ifdef OV2_NO_FAULTS

#ifdef __FRAMAC__
/* The right code alone, but for a fault of which the proof is told: -DPROVED_ID=FAULT_PROVED makes the wrong code the
 * second of these words. */
#define FAULT_PROVED                     ~,
#define FAULT_SECOND(first, second, ...) second
#define FAULT_PICK(...)                  FAULT_SECOND(__VA_ARGS__)
#define FAULTY(right, id, wrong)         FAULT_PICK(PROVED_##id(wrong), (right), ~)
#else
/* The dead branch keeps the operands' types in force and is no code. */
#define FAULTY(right, id, wrong) (1 ? (right) : (wrong))
#endif

static inline void fault_select(uint32_t fault)
{
    (void)fault;
}

#else

#ifdef __cplusplus
#define FAULT_THREAD thread_local
#else
#define FAULT_THREAD _Thread_local
#endif
/* The initial-exec model saves a call for every access from within a shared object. */
#ifdef __ELF__
#define FAULT_TLS __attribute__((tls_model("initial-exec")))
#else
#define FAULT_TLS
#endif

extern FAULT_THREAD uint32_t fault_selected FAULT_TLS;

#define FAULTY(right, id, wrong) (fault_selected == FAULT_##id ? (wrong) : (right))

static inline void fault_select(uint32_t fault)
{
    fault_selected = fault;
}

#endif

/* fault_find: the fault whose name is the len characters at name, FAULT_NONE if this build has none of that name. */
uint32_t fault_find(const char *name, uint32_t len);

#endif
