//! Whether a model fits a target.

use serde::Serialize;

use crate::target::{RegionKind, Target};

/// What a model needs against what a target offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fit {
    /// Target's name.
    pub target: String,
    /// RAM the model needs: arena and state.
    pub ram_needed_bytes: u64,
    /// Largest RAM region less the reserve, or the budget where that is less.
    pub ram_available_bytes: u64,
    /// Flash the model file needs.
    pub flash_needed_bytes: u64,
    /// Flash less the reserve, or the budget where that is less.
    pub flash_available_bytes: u64,
}

impl Fit {
    /// True when RAM and flash both suffice.
    pub fn fits(&self) -> bool {
        self.ram_missing_bytes() == 0 && self.flash_missing_bytes() == 0
    }

    /// RAM that would have to be there in addition.
    pub fn ram_missing_bytes(&self) -> u64 {
        self.ram_needed_bytes.saturating_sub(self.ram_available_bytes)
    }

    /// Flash that would have to be there in addition.
    pub fn flash_missing_bytes(&self) -> u64 {
        self.flash_needed_bytes.saturating_sub(self.flash_available_bytes)
    }
}

impl Target {
    /// Whether a model with this arena, state and file size fits beside the reserve and within the budgets.
    pub fn fit(&self, arena_and_state_bytes: u64, file_bytes: u64) -> Fit {
        let of = |kinds: &'static [RegionKind]| self.regions.iter().filter(move |region| kinds.contains(&region.kind));
        let ram = of(&[RegionKind::Ram]).map(|region| region.bytes).max().unwrap_or(0);
        let flash: u64 = of(&[RegionKind::Flash, RegionKind::Storage]).map(|region| region.bytes).sum();
        let (arena_budget, model_budget) =
            self.budgets.as_ref().map_or((None, None), |budgets| (budgets.arena_bytes, budgets.model_bytes));
        let within = |bytes: u64, budget: Option<u64>| budget.map_or(bytes, |budget| bytes.min(budget));
        Fit {
            target: self.name.clone(),
            ram_needed_bytes: arena_and_state_bytes,
            ram_available_bytes: within(ram.saturating_sub(self.reserved.ram_bytes), arena_budget),
            flash_needed_bytes: file_bytes,
            flash_available_bytes: within(flash.saturating_sub(self.reserved.flash_bytes), model_budget),
        }
    }
}
