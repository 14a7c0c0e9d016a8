//! Operators that are not imported: what to say about each family.

use crate::report::Blocker;
use crate::schema::{BuiltinOperator, Code};

/// How an application brings an operator of its own.
fn allow(name: &str) -> String {
    format!("allow it (--custom {name}, ImportOptions::custom_operators) and give its code to the engine by that name")
}

/// Reason and fix for an operator without a row in the table.
pub(super) fn reason(code: &Code) -> Blocker {
    let name = code.name();
    match code.builtin {
        BuiltinOperator::CUSTOM if name.starts_with("Signal") => Blocker::new(
            format!("audio front-end operator {name} is not supported"),
            format!(
                "compute the features before the model, and import the model behind the front end; or {}",
                allow(&name)
            ),
        ),
        BuiltinOperator::CUSTOM if name.starts_with("Flex") => Blocker::new(
            format!("TensorFlow fallback operator {name} is not supported"),
            "convert with TFLITE_BUILTINS_INT8 alone, without SELECT_TF_OPS",
        ),
        BuiltinOperator::CUSTOM => Blocker::new(
            format!("unknown custom operator '{name}'"),
            format!("{}; or replace it by built-in operators", allow(&name)),
        ),
        BuiltinOperator::IF | BuiltinOperator::WHILE | BuiltinOperator::CALL => Blocker::new(
            format!("control flow ({name}) is not supported"),
            "unroll the loop or export the branch that is used",
        ),
        BuiltinOperator::LSTM
        | BuiltinOperator::UNIDIRECTIONAL_SEQUENCE_LSTM
        | BuiltinOperator::BIDIRECTIONAL_SEQUENCE_LSTM
        | BuiltinOperator::RNN
        | BuiltinOperator::UNIDIRECTIONAL_SEQUENCE_RNN
        | BuiltinOperator::BIDIRECTIONAL_SEQUENCE_RNN
        | BuiltinOperator::SVDF => Blocker::new(
            format!("recurrent operator {name} is not supported"),
            "use a convolutional model, streaming through resource variables where it needs memory",
        ),
        BuiltinOperator::DELEGATE => Blocker::new(
            "the file was compiled for a delegate or accelerator",
            "give the model as it was before that compilation",
        ),
        other if other.variant_name().is_none() => Blocker::new(
            format!("unknown {name} (a newer operator than this importer knows)"),
            "convert again with built-in operators of an earlier converter version",
        ),
        _ => Blocker::new(
            format!("operator {name} is not supported"),
            "replace it in the training graph by supported operators (`mote ops` lists them)",
        ),
    }
}
