//! One test for each normative statement, named after it; what they quote is the specification's.

mod data_integrity;
mod data_model;
mod jose;
mod json_ld;
mod names;
mod support;
