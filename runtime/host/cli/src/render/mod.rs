//! What people look at: aligned tables, pictures in the terminal, SVG, and self-contained HTML pages.

pub mod arena;
pub mod html;
pub mod table;
