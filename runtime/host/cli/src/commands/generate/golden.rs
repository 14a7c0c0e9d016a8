//! The golden self-test in C: the file format's rule for generated inputs, and CRC-32, written out anew, so that the
//! test depends on nothing of the library but what it tests.

use super::c::bytes;
use super::facts::{Facts, GoldenSource};
use std::fmt::Write;

/// `<name>_golden.c`.
pub fn c(facts: &Facts) -> String {
    let (name, upper) = (&facts.name, facts.name.to_uppercase());
    let mut arrays = String::new();
    let mut rows = String::new();
    for (index, vector) in facts.golden.iter().enumerate() {
        let (data, seed) = match &vector.source {
            GoldenSource::Seed(seed) => ("0".to_owned(), *seed),
            GoldenSource::Bytes(input) => {
                writeln!(arrays, "static const uint8_t input_{index}[] = {{\n{}}};\n", bytes(input)).expect("strings");
                (format!("input_{index}"), 0)
            }
        };
        writeln!(rows, "    {{{data}, {seed}u, 0x{:08x}u}},", vector.output_crc).expect("strings take all");
    }
    let types: Vec<String> =
        (0..facts.inputs.len()).map(|index| format!("    {upper}_INPUT_{index}_TYPE,\n")).collect();
    TEMPLATE
        .replace("@ARRAYS@", &arrays)
        .replace("@ROWS@", &rows)
        .replace("@TYPES@", &types.concat())
        .replace("@NAME@", name)
        .replace("@UPPER@", &upper)
}

const TEMPLATE: &str = r#"/* Made by mote generate; do not edit. */
#include "@NAME@.h"

struct vector {
    const uint8_t *inputs; /* all inputs one after the other; null when they are made from the seed */
    uint32_t seed;
    uint32_t output_crc; /* CRC-32 of all outputs one after the other */
};

@ARRAYS@static const struct vector vectors[@UPPER@_GOLDEN_VECTORS] = {
@ROWS@};

static const int32_t input_types[@UPPER@_INPUTS] = {
@TYPES@};

/* Bits of element `element` of a generated input, before they become an element. */
static uint64_t mix(uint64_t element, uint64_t stream)
{
    uint64_t u = (element + 1u) * UINT64_C(0x9E3779B97F4A7C15) + stream * UINT64_C(0xD1B54A32D192ED03);
    u = (u ^ (u >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    u = (u ^ (u >> 27)) * UINT64_C(0x94D049BB133111EB);
    return u ^ (u >> 31);
}

/* Stores one element and returns its bytes. */
static size_t put_element(int32_t type, uint64_t u, uint8_t *to)
{
    union {
        float real;
        uint32_t bits;
    } number;
    uint64_t stored;
    size_t bytes, i;
    switch (type) {
    case MOTE_TYPE_I16:
        stored = u >> 48;
        bytes = 2;
        break;
    case MOTE_TYPE_I32:
        stored = u % 256u;
        bytes = 4;
        break;
    case MOTE_TYPE_I64:
        stored = u % 256u;
        bytes = 8;
        break;
    case MOTE_TYPE_F32:
        number.real = (float)(uint32_t)(u >> 40) / 16777216.0f * 2.0f - 1.0f;
        stored = number.bits;
        bytes = 4;
        break;
    case MOTE_TYPE_BOOL:
        stored = u >> 63;
        bytes = 1;
        break;
    default:
        stored = u >> 56;
        bytes = 1;
        break;
    }
    for (i = 0; i < bytes; i++)
        to[i] = (uint8_t)(stored >> (8u * i));
    return bytes;
}

static uint32_t crc_update(uint32_t crc, const uint8_t *data, size_t bytes)
{
    size_t i;
    int bit;
    for (i = 0; i < bytes; i++) {
        crc ^= data[i];
        for (bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return crc;
}

static mote_status_t run_vector(mote_session_t *session, const struct vector *vector)
{
    const uint8_t *given = vector->inputs;
    uint32_t crc = 0xFFFFFFFFu, port;
    mote_status_t status = mote_session_reset_state(session);
    for (port = 0; status == MOTE_OK && port < @UPPER@_INPUTS; port++) {
        void *data;
        size_t bytes, at;
        uint64_t element = 0, stream = (uint64_t)vector->seed * 16u + port;
        status = mote_session_input(session, port, &data, &bytes);
        if (status != MOTE_OK)
            break;
        for (at = 0; at < bytes;) {
            if (given)
                ((uint8_t *)data)[at++] = *given++;
            else
                at += put_element(input_types[port], mix(element++, stream), (uint8_t *)data + at);
        }
    }
    if (status == MOTE_OK)
        status = mote_session_run(session);
    for (port = 0; status == MOTE_OK && port < @UPPER@_OUTPUTS; port++) {
        const void *data;
        size_t bytes;
        status = mote_session_output(session, port, &data, &bytes);
        if (status == MOTE_OK)
            crc = crc_update(crc, (const uint8_t *)data, bytes);
    }
    if (status == MOTE_OK && ~crc != vector->output_crc)
        status = MOTE_ERROR_RUN_GOLDEN;
    return status;
}

mote_status_t @NAME@_golden_test(mote_session_t *session, uint32_t *vector)
{
    uint32_t i;
    for (i = 0; i < @UPPER@_GOLDEN_VECTORS; i++) {
        mote_status_t status = run_vector(session, &vectors[i]);
        if (vector)
            *vector = i;
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}
"#;
