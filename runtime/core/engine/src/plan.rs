//! Lifetimes and the memory plan, verified step by step.

use crate::check::tensor;
use crate::error::{Reason, Refused};
use crate::model::Model;
use crate::operation::Overlap;
use mote_format::{Location, NOT_A_VIEW, OperatorRecord, TensorView};

/// What is known of the memory plan before a step. Tensors must be added in order of their records, then steps checked
/// in order of execution.
pub(crate) struct Plan<'p> {
    model: &'p Model<'p>,
    /// Arena tensors that are no views.
    own: u32,
    /// Of those, graph inputs and what the steps so far have begun.
    written: u32,
    /// First step of the last of them added.
    latest_first_step: u16,
    /// They stand in order of their first steps, as compilers write them: the live ones are then close together.
    in_order: bool,
    /// Arena tensors with records before this have ended.
    oldest: u16,
}

impl<'p> Plan<'p> {
    pub fn new(model: &'p Model<'p>) -> Self {
        let written = model.file.header.input_count.into();
        Self { model, own: 0, written, latest_first_step: 0, in_order: true, oldest: 0 }
    }

    /// Takes in the next record, which has been checked by itself.
    #[inline(always)]
    pub fn add(&mut self, tensor: TensorView<'_>) {
        if !tensor.in_arena() || tensor.view_of() != NOT_A_VIEW {
            return;
        }
        self.own = self.own.wrapping_add(1);
        let first_step = tensor.first_step();
        self.in_order &= first_step >= self.latest_first_step;
        self.latest_first_step = first_step;
    }

    /// True when every arena tensor has been written: each in exactly one step, its first, so that counts tell.
    pub fn all_written(&self) -> bool {
        self.own == self.written
    }

    /// Refuses operator `index` when it uses a tensor outside its lifetime, or writes on a tensor that is live.
    pub fn check_step(&mut self, index: u16, record: &OperatorRecord<'_>, overlap: Overlap) -> Result<(), Refused> {
        let step = index.wrapping_add(1);
        let wrong = |id| Refused { reason: Reason::Lifetime, operator: Some(index), tensor: Some(id) };
        while self.model.file.tensor_view(self.oldest).is_some_and(|t| !t.in_arena() || t.last_step() < step) {
            self.oldest = self.oldest.wrapping_add(1);
        }
        for id in record.inputs() {
            let input = tensor(self.model, id)?;
            if input.in_arena() && (input.first_step() >= step || step > input.last_step()) {
                return Err(wrong(id));
            }
        }
        for (position, id) in record.outputs().enumerate() {
            let output = tensor(self.model, id)?;
            // An operator may fill in another part of a tensor that an earlier one began.
            let begins = !record.inputs().any(|input| input == id);
            let fits = match output.location() {
                Location::Arena => output.view_of() == NOT_A_VIEW && (!begins || output.first_step() == step),
                Location::Constant => false,
                Location::State => true,
            };
            if !fits || record.outputs().take(position).any(|other| other == id) {
                return Err(wrong(id));
            }
            self.written = self.written.wrapping_add((begins && output.in_arena()) as u32);
            self.check_memory(index, record, id, output, overlap)?;
        }
        Ok(())
    }

    /// Refuses an output that shares bytes with any tensor live at this step, except as the operator allows.
    fn check_memory(
        &self,
        index: u16,
        record: &OperatorRecord<'_>,
        output_id: u16,
        output: TensorView<'_>,
        overlap: Overlap,
    ) -> Result<(), Refused> {
        let step = index.wrapping_add(1);
        let in_arena = output.in_arena();
        // State lives always.
        let from = if in_arena { self.oldest } else { 0 };
        for (other_id, other) in (from..).zip(self.model.file.tensor_views(from.into())) {
            if in_arena && other.in_arena() {
                if other.first_step() > step && self.in_order && other.view_of() == NOT_A_VIEW {
                    break;
                }
                if other.first_step() > step || other.last_step() < step {
                    continue;
                }
            }
            // A view lives within its base, which is looked at itself.
            if !share(output, other) || other_id == output_id || other.view_of() != NOT_A_VIEW {
                continue;
            }
            let is_input = self.is_input(record, other_id);
            let same_place = other.offset() == output.offset() && other.bytes() == output.bytes();
            let allowed = if in_arena {
                is_input && other.last_step() == step && same_place && overlap == Overlap::SameStart
            } else {
                // Views of one state tensor: an update replaces the value the operator itself may be reading.
                same_place && (!is_input || overlap == Overlap::SameStart)
            };
            if !allowed {
                return Err(Refused { reason: Reason::Overlap, operator: Some(index), tensor: Some(other_id) });
            }
        }
        Ok(())
    }

    /// True when an input of the operator is tensor `id` or a view of it.
    fn is_input(&self, record: &OperatorRecord<'_>, id: u16) -> bool {
        let views = |input| self.model.file.tensor_view(input).is_some_and(|input| input.view_of() == id);
        record.inputs().any(|input| input == id || views(input))
    }
}

/// True when two tensors have a byte in common.
#[inline(always)]
pub(crate) fn share(a: TensorView<'_>, b: TensorView<'_>) -> bool {
    let end = |t: TensorView<'_>| t.offset().wrapping_add(t.bytes());
    a.is_beside(b) && a.offset() < end(b) && b.offset() < end(a)
}
