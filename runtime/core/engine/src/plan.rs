//! Lifetimes and the memory plan.

use crate::check::tensor;
use crate::error::{Reason, Refused};
use crate::model::Model;
use crate::operation::Overlap;
use mote_format::{Location, NOT_A_VIEW, OperatorRecord, TensorView, TensorViews};

/// What is known of the memory plan. Tensors are added in order of their records, then steps are checked in order of
/// execution.
///
/// Two arena tensors that share bytes must not live at the same time, unless one is handed over: an operator reads it
/// for the last time and writes its output, the heir, on the very same bytes. While tensors are added such pairs are
/// only counted; each step then takes off those its operator allows, and none may be left. Every tensor is written first
/// in the step that begins its lifetime, so this is as good as looking at all of the memory at every step.
pub(crate) struct Plan<'p> {
    model: &'p Model<'p>,
    /// Arena tensors that are no views.
    pub own: u32,
    /// Of those, graph inputs and what the steps so far have begun.
    written: u32,
    /// Pairs that no step so far has allowed, and the sum of the steps that begin their heirs: the step itself when one
    /// pair is left.
    handed_over: u32,
    handed_over_steps: u32,
}

/// The tensors that may be live when the next one begins.
pub(crate) struct Live<'p> {
    /// Arena tensors that are no views, so far.
    pub own: u32,
    /// First step of the last of them; beyond all steps when they do not stand in order of their first steps. In order,
    /// as compilers write them, the live ones are close together.
    latest_first_step: u32,
    /// Records from the first on that may still be live.
    records: TensorViews<'p>,
}

impl<'p> Live<'p> {
    #[inline(always)]
    pub fn new(model: &'p Model<'p>) -> Self {
        Self { own: 0, latest_first_step: 0, records: model.file.tensor_views() }
    }

    /// Takes in the next arena tensor that is no view, which has been checked by itself; refused when one added before
    /// shares bytes with it while both live.
    #[inline(always)]
    pub fn add(&mut self, plan: &mut Plan<'p>, index: u16, tensor: TensorView<'p>) -> Result<(), Refused> {
        self.own = self.own.wrapping_add(1);
        let first_step = u32::from(tensor.first_step());
        if first_step < self.latest_first_step {
            self.latest_first_step = u32::MAX;
            return plan.meet_all(plan.model.file.tensor_views(), index, tensor);
        }
        self.latest_first_step = first_step;
        let (start, end) = (tensor.offset(), tensor.offset().wrapping_add(tensor.bytes()));
        let mut others = self.records.clone();
        while let Some(other) = others.next() {
            // Those in front that have ended are not looked at again. Ends at the tensor itself at the latest.
            if u32::from(other.last_step()) < first_step || !other.in_arena() {
                self.records = others.clone();
                continue;
            }
            if other.is(tensor) {
                return Ok(());
            }
            let other_start = other.offset();
            if other_start < end && start < other_start.wrapping_add(other.bytes()) {
                return plan.meet_all(self.records.clone(), index, tensor);
            }
            break;
        }
        while let Some(other) = others.next()
            && !other.is(tensor)
        {
            let other_start = other.offset();
            if other_start < end && start < other_start.wrapping_add(other.bytes()) {
                return plan.meet_all(self.records.clone(), index, tensor);
            }
        }
        Ok(())
    }
}

impl<'p> Plan<'p> {
    #[inline(always)]
    pub fn new(model: &'p Model<'p>) -> Self {
        let written = model.file.header.input_count.into();
        Self { model, own: 0, written, handed_over: 0, handed_over_steps: 0 }
    }

    /// All of `others` that stand before `tensor`, which shares numbers of bytes with one of them, or is out of order.
    #[inline(never)]
    fn meet_all(&mut self, others: TensorViews<'_>, index: u16, tensor: TensorView<'_>) -> Result<(), Refused> {
        for other in others.take_while(|other| !other.is(tensor)) {
            if share(other, tensor) {
                self.meet(other, index, tensor)?;
            }
        }
        Ok(())
    }

    /// Two tensors that share bytes, not necessarily in one region or at one time.
    fn meet(&mut self, other: TensorView<'_>, index: u16, tensor: TensorView<'_>) -> Result<(), Refused> {
        let (begins, other_begins) = (tensor.first_step(), other.first_step());
        // A view lives within its base, which is looked at itself.
        if !other.in_arena()
            || other.view_of() != NOT_A_VIEW
            || other.last_step() < begins
            || tensor.last_step() < other_begins
        {
            return Ok(());
        }
        // Of records in any order, either may be the heir.
        let hands_over = other.last_step() == begins || tensor.last_step() == other_begins;
        if !hands_over || !same_place(tensor, other) {
            let operator = begins.max(other_begins).checked_sub(1);
            return Err(Refused { reason: Reason::Overlap, operator, tensor: Some(index) });
        }
        self.handed_over = self.handed_over.wrapping_add(1);
        self.handed_over_steps = self.handed_over_steps.wrapping_add(begins.max(other_begins).into());
        Ok(())
    }

    /// Refuses operator `index` when it uses a tensor outside its lifetime, or writes where it may not.
    #[inline(always)]
    pub fn check_step(&mut self, index: u16, record: &OperatorRecord<'_>, overlap: Overlap) -> Result<(), Refused> {
        let step = u32::from(index).wrapping_add(1);
        let wrong = |id| Refused { reason: Reason::Lifetime, operator: Some(index), tensor: Some(id) };
        let (inputs, outputs) = record.split();
        for &id in inputs {
            let id = u16::from_le_bytes(id);
            let input = tensor(self.model, id)?;
            let lives = u32::from(input.first_step()) < step && step <= u32::from(input.last_step());
            if !lives && input.in_arena() {
                return Err(wrong(id));
            }
        }
        let mut earlier: &[[u8; 2]] = &[];
        let mut rest = outputs;
        while let Some((&raw, others)) = rest.split_first() {
            let id = u16::from_le_bytes(raw);
            let output = tensor(self.model, id)?;
            let begins = output.in_arena() && u32::from(output.first_step()) == step;
            if !begins || output.view_of() != NOT_A_VIEW {
                self.check_continued(index, record, id, output, overlap)?;
            } else {
                self.written = self.written.wrapping_add(1);
                if overlap == Overlap::SameStart {
                    self.allow(index.wrapping_add(1), record, output);
                }
            }
            if !earlier.is_empty() && earlier.contains(&raw) {
                return Err(wrong(id));
            }
            rest = others;
            earlier = outputs.get(..outputs.len().wrapping_sub(rest.len())).unwrap_or(&[]);
        }
        Ok(())
    }

    /// An output that does not begin at this step.
    #[inline(never)]
    fn check_continued(
        &self,
        index: u16,
        record: &OperatorRecord<'_>,
        id: u16,
        output: TensorView<'_>,
        overlap: Overlap,
    ) -> Result<(), Refused> {
        match output.location() {
            // An operator may fill in another part of a tensor that an earlier one began.
            Location::Arena if output.view_of() == NOT_A_VIEW && record.inputs().any(|input| input == id) => Ok(()),
            Location::State => self.check_state(index, record, id, output, overlap),
            _ => Err(Refused { reason: Reason::Lifetime, operator: Some(index), tensor: Some(id) }),
        }
    }

    /// Takes off the pair of `output`, which begins at `step`, and an input that ends there in the same place.
    #[inline(never)]
    fn allow(&mut self, step: u16, record: &OperatorRecord<'_>, output: TensorView<'_>) {
        let whole = |id| {
            let input = self.model.file.tensor_view(id)?;
            if input.view_of() == NOT_A_VIEW { Some(input) } else { self.model.file.tensor_view(input.view_of()) }
        };
        let ends_here =
            |input: TensorView<'_>| input.in_arena() && input.last_step() == step && same_place(input, output);
        if record.inputs().any(|id| whole(id).is_some_and(ends_here)) {
            self.handed_over = self.handed_over.wrapping_sub(1);
            self.handed_over_steps = self.handed_over_steps.wrapping_sub(step.into());
        }
    }

    /// Refuses an output in the state, which lives always, that shares bytes with another state tensor, except as the
    /// operator allows.
    fn check_state(
        &self,
        index: u16,
        record: &OperatorRecord<'_>,
        output_id: u16,
        output: TensorView<'_>,
        overlap: Overlap,
    ) -> Result<(), Refused> {
        for (other_id, other) in (0..).zip(self.model.file.tensor_views()) {
            if !share(output, other) || other_id == output_id || other.view_of() != NOT_A_VIEW {
                continue;
            }
            // Views of one state tensor: an update replaces the value the operator itself may be reading.
            let is_input = record.inputs().any(|input| input == other_id);
            if !same_place(output, other) || (is_input && overlap != Overlap::SameStart) {
                return Err(Refused { reason: Reason::Overlap, operator: Some(index), tensor: Some(other_id) });
            }
        }
        Ok(())
    }

    /// After the last step: refused when a tensor was never written, or when a pair is left.
    pub fn finish(&self) -> Result<(), Refused> {
        // Each arena tensor is begun in exactly one step, its first, so that counts tell.
        if self.own != self.written {
            return Err(Refused::new(Reason::Header));
        }
        match self.handed_over {
            0 => Ok(()),
            1 => Err(Refused { operator: (self.handed_over_steps as u16).checked_sub(1), ..OVERLAP }),
            _ => Err(OVERLAP),
        }
    }
}

const OVERLAP: Refused = Refused::new(Reason::Overlap);

/// True when two tensors have a byte in common.
#[inline(always)]
fn share(a: TensorView<'_>, b: TensorView<'_>) -> bool {
    let end = |t: TensorView<'_>| t.offset().wrapping_add(t.bytes());
    a.is_beside(b) && a.offset() < end(b) && b.offset() < end(a)
}

/// True when two tensors of one region have all bytes in common.
#[inline(always)]
fn same_place(a: TensorView<'_>, b: TensorView<'_>) -> bool {
    a.offset() == b.offset() && a.bytes() == b.bytes()
}
