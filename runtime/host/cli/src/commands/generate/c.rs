//! Header, data and report for C.

use super::File;
use super::facts::{Facts, PortFacts, escaped};
use super::golden;
use super::report;
use std::fmt::Write;

/// The files of the model in C.
pub fn files(facts: &Facts) -> Vec<File> {
    let name = &facts.name;
    let mut files = vec![
        (format!("{name}.h"), header(facts).into_bytes()),
        (format!("{name}.c"), data(facts).into_bytes()),
        (format!("{name}_report.md"), report::markdown(facts).into_bytes()),
    ];
    if !facts.golden.is_empty() {
        files.push((format!("{name}_golden.c"), golden::c(facts).into_bytes()));
    }
    files
}

fn header(facts: &Facts) -> String {
    let (name, upper) = (&facts.name, facts.name.to_uppercase());
    let mut out = String::new();
    let mut line = |text: String| writeln!(out, "{text}").expect("strings take all");
    line("/* Made by mote generate; do not edit. */".into());
    line(format!("#ifndef {upper}_H\n#define {upper}_H\n\n#include \"mote.h\"\n"));
    line(format!("#define {upper}_NAME \"{}\"", escaped(&facts.model_name)));
    line(format!("#define {upper}_VERSION \"{}\"", escaped(&facts.model_version)));
    line(format!("#define {upper}_SOURCE_SHA256 \"{}\"", facts.source_sha256));
    line(format!("#define {upper}_MODEL_BYTES {}u", facts.file.len()));
    line(format!("#define {upper}_ARENA_BYTES {}u", facts.arena_bytes));
    line(format!("#define {upper}_STATE_BYTES {}u", facts.state_bytes));
    line(format!("#define {upper}_MACS {}u", facts.macs));
    line(format!("#define {upper}_LAYERS {}u", facts.layers.len()));
    line(format!("#define {upper}_OPERATORS {}u", facts.operators.len()));
    line(format!("#define {upper}_GOLDEN_VECTORS {}u", facts.golden.len()));
    for (kind, ports) in [("INPUT", &facts.inputs), ("OUTPUT", &facts.outputs)] {
        line(format!("\n#define {upper}_{kind}S {}u", ports.len()));
        for (index, port) in ports.iter().enumerate() {
            line(port_lines(&format!("{upper}_{kind}_{index}"), port));
        }
    }
    line("\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n".into());
    line("/* The model, aligned for use in place. */".into());
    line(format!("extern const uint8_t {name}_model[{upper}_MODEL_BYTES];\n"));
    line("/* The operators it needs, and no others. */".into());
    line(format!(
        "extern const mote_operator_t *const {name}_operators[{upper}_OPERATORS + ({upper}_OPERATORS == 0)];\n"
    ));
    if facts.custom_operators.is_empty() {
        line("/* Parses it; links no other operators. */".into());
        line(format!("mote_status_t {name}_parse(mote_model_t *model);\n"));
        line("/* The same, and tells `log` what went wrong, now and in sessions of the model. */".into());
        line(format!("mote_status_t {name}_parse_logged(mote_model_t *model, const mote_log_t *log);"));
    } else {
        line("/* Custom operators, which the program brings: mote_custom_operator gives their addresses, and".into());
        line(" * mote_model_parse_with takes them in one list with those above. */".into());
        line(format!("#define {upper}_CUSTOM_OPERATORS {}u", facts.custom_operators.len()));
        let names: Vec<String> = facts.custom_operators.iter().map(|name| format!("\"{}\"", escaped(name))).collect();
        line(format!("#define {upper}_CUSTOM_OPERATOR_NAMES {{{}}}", names.join(", ")));
    }
    if !facts.golden.is_empty() {
        line(GOLDEN_COMMENT.into());
        line(format!("mote_status_t {name}_golden_test(mote_session_t *session, uint32_t *vector);"));
    }
    line(format!("\n#ifdef __cplusplus\n}}\n#endif\n\n#endif /* {upper}_H */"));
    out
}

const GOLDEN_COMMENT: &str = "
/* Runs every golden vector in `session` and compares outputs: MOTE_OK, MOTE_ERROR_RUN_GOLDEN for a difference, or
 * another status. `vector`, unless null, receives the number of the vector it came to. State starts anew. */";

fn port_lines(prefix: &str, port: &PortFacts) -> String {
    let shape: Vec<String> = port.shape.iter().map(ToString::to_string).collect();
    let shape = if shape.is_empty() { "1".into() } else { shape.join(", ") };
    let elements: usize = port.shape.iter().product();
    let type_name = match port.element_type.name() {
        "int8" => "I8",
        "uint8" => "U8",
        "int16" => "I16",
        "int32" => "I32",
        "int64" => "I64",
        "float32" => "F32",
        _ => "BOOL",
    };
    let mut lines = vec![
        format!("#define {prefix}_NAME \"{}\"", escaped(&port.name)),
        format!("#define {prefix}_TYPE MOTE_TYPE_{type_name}"),
        format!("#define {prefix}_RANK {}u", port.shape.len()),
        format!("#define {prefix}_SHAPE {{{shape}}}"),
        format!("#define {prefix}_ELEMENTS {elements}u"),
        format!("#define {prefix}_BYTES {}u", port.bytes),
        format!("#define {prefix}_SCALE {:?}f", port.scale),
        format!("#define {prefix}_ZERO_POINT ({})", port.zero_point),
    ];
    if !port.labels.is_empty() {
        let labels: Vec<String> = port.labels.iter().map(|label| format!("\"{}\"", escaped(label))).collect();
        lines.push(format!("#define {prefix}_LABEL_COUNT {}u", labels.len()));
        lines.push(format!("#define {prefix}_LABELS {{{}}}", labels.join(", ")));
    }
    lines.join("\n")
}

fn data(facts: &Facts) -> String {
    let (name, upper) = (&facts.name, facts.name.to_uppercase());
    let mut operators: Vec<String> =
        facts.operators.iter().map(|operator| format!("    &mote_operator_{operator},\n")).collect();
    if operators.is_empty() {
        // An array has an element at least; the count says that there is no operator.
        operators.push("    0,\n".into());
    }
    let parse = format!(
        "mote_status_t {name}_parse(mote_model_t *model)\n{{\n    \
         return mote_model_parse_with({name}_model, {upper}_MODEL_BYTES, {name}_operators, {upper}_OPERATORS, model);\n\
         }}\n\n\
         mote_status_t {name}_parse_logged(mote_model_t *model, const mote_log_t *log)\n{{\n    \
         return mote_model_parse_logged({name}_model, {upper}_MODEL_BYTES, {name}_operators, {upper}_OPERATORS, log, \
         model);\n}}\n\n"
    );
    let parse = if facts.custom_operators.is_empty() { parse } else { String::new() };
    format!(
        "/* Made by mote generate; do not edit. */\n#include \"{name}.h\"\n\n\
         /* Define it to put the model into a section of your own, as in __attribute__((section(\".models\"))). */\n\
         #ifndef MOTE_MODEL_PLACE\n#define MOTE_MODEL_PLACE\n#endif\n\n\
         const mote_operator_t *const {name}_operators[{upper}_OPERATORS + ({upper}_OPERATORS == 0)] = {{\n{}}};\n\n\
         {parse}MOTE_MODEL_PLACE MOTE_ALIGNED(16) const uint8_t {name}_model[{upper}_MODEL_BYTES] = {{\n{}}};\n",
        operators.concat(),
        bytes(&facts.file),
    )
}

/// The inside of an array of bytes, sixteen a line.
pub fn bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 4);
    for line in bytes.chunks(16) {
        let numbers: Vec<String> = line.iter().map(u8::to_string).collect();
        writeln!(out, "    {},", numbers.join(",")).expect("strings take all");
    }
    out
}
