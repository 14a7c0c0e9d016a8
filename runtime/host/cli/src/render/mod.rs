//! What people look at: aligned tables, pictures in the terminal, SVG, and self-contained HTML pages.

pub mod arena;
pub mod chart;
pub mod explanation;
pub mod graph;
pub mod heat;
pub mod histogram;
pub mod html;
pub mod layers;
pub mod report;
pub mod table;
