//! Marketing mix: what each channel brought, what its next unit of money would bring, and how a budget is best divided.
//!
//! Pure: no clock, no entropy, no threads. Methods and their limits: `docs/science.md`.

pub mod transform;
