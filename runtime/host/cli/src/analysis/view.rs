//! How an input is seen when parts of it are hidden: a picture, steps of time by bands, a signal, or single features.

use super::occlusion::{Extent, Grid};
use anyhow::{Result, ensure};
use clap::ValueEnum;
use serde::Serialize;

/// Elements beyond which one axis is a signal rather than a list of features.
const MOST_FEATURES: usize = 128;

/// What an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Rows and columns of pixels.
    Image,
    /// Steps of time by bands of frequency (or by sensor channels).
    Audio,
    /// Samples in order.
    Signal,
    /// Features without order, each for itself.
    Table,
}

impl Kind {
    /// What the rows and columns are called.
    pub fn axes(self) -> (&'static str, &'static str) {
        match self {
            Self::Image => ("row", "column"),
            Self::Audio => ("step", "band"),
            Self::Signal => ("sample", ""),
            Self::Table => ("feature", ""),
        }
    }

    /// Patch and stride that show structure in a few hundred runs.
    pub fn patch(self, grid: Grid) -> (Extent, Extent) {
        let half = |extent: usize| (extent / 2).max(1);
        let patch = match self {
            Self::Image => Extent { rows: grid.rows.div_ceil(6), columns: grid.columns.div_ceil(6) },
            Self::Audio => Extent { rows: grid.rows.div_ceil(8), columns: grid.columns.div_ceil(4) },
            Self::Signal => Extent { rows: grid.rows.div_ceil(32), columns: 1 },
            Self::Table => Extent { rows: 1, columns: 1 },
        };
        (patch, Extent { rows: half(patch.rows), columns: half(patch.columns) })
    }
}

/// Sees a tensor of `shape` as `kind`, or as what its shape suggests; `view` overrides rows and columns.
///
/// # Errors
/// The elements do not fill the view.
pub fn view(shape: &[usize], kind: Option<Kind>, view: Option<Extent>) -> Result<(Kind, Grid)> {
    let elements: usize = shape.iter().product();
    if let Some(Extent { rows, columns }) = view {
        let cells = rows * columns;
        ensure!(
            cells > 0 && elements.is_multiple_of(cells),
            "--view {rows}x{columns}: the input has {elements} elements, no multiple of {cells}"
        );
        let grid = Grid { rows, columns, channels: elements / cells };
        return Ok((kind.unwrap_or(guess(grid)), grid));
    }
    let inner = if shape.len() > 1 && shape[0] == 1 { &shape[1..] } else { shape };
    let line = Grid { rows: elements, columns: 1, channels: 1 };
    let grid = match *inner {
        [rows, columns, channels] if rows > 1 && columns > 1 => Grid { rows, columns, channels },
        [rows, 1, columns] | [1, rows, columns] | [rows, columns] if rows > 1 && columns > 1 => {
            Grid { rows, columns, channels: 1 }
        }
        _ => line,
    };
    let grid = if matches!(kind, Some(Kind::Table | Kind::Signal)) { line } else { grid };
    Ok((kind.unwrap_or(guess(grid)), grid))
}

fn guess(grid: Grid) -> Kind {
    match grid {
        Grid { columns: 1, rows, .. } if rows <= MOST_FEATURES => Kind::Table,
        Grid { columns: 1, .. } => Kind::Signal,
        Grid { channels: 3, .. } => Kind::Image,
        Grid { rows, columns, .. } if rows == columns => Kind::Image,
        _ => Kind::Audio,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_suggest_what_they_are() {
        let of = |shape: &[usize]| view(shape, None, None).expect("a view");
        let grid = |rows, columns, channels| Grid { rows, columns, channels };
        assert_eq!(of(&[1, 96, 96, 1]), (Kind::Image, grid(96, 96, 1)));
        assert_eq!(of(&[1, 32, 48, 3]), (Kind::Image, grid(32, 48, 3)));
        assert_eq!(of(&[1, 49, 10, 1]), (Kind::Audio, grid(49, 10, 1)));
        assert_eq!(of(&[1, 100, 1, 6]), (Kind::Audio, grid(100, 6, 1)));
        assert_eq!(of(&[1, 29]), (Kind::Table, grid(29, 1, 1)));
        assert_eq!(of(&[1, 16000]), (Kind::Signal, grid(16000, 1, 1)));
        let seen = view(&[1, 1960], None, Some(Extent { rows: 49, columns: 40 })).expect("a view");
        assert_eq!(seen, (Kind::Audio, grid(49, 40, 1)));
        assert!(view(&[1, 1960], None, Some(Extent { rows: 50, columns: 40 })).is_err());
        assert!(view(&[1, 8], None, Some(Extent { rows: 0, columns: 4 })).is_err());
    }
}
