//! The API, driven in process through [`App::router`](poa_issuer::App::router): one file per resource, a real
//! database in a temporary directory, a clock that the test sets, nothing mocked.

mod agents;
mod attestations;
mod attestors;
mod challenges;
mod clock;
#[path = "../openapi/conformance.rs"]
mod conformance;
mod connections;
mod credential_batches;
mod credentials;
mod did_resolution;
mod discovery;
mod envelope;
mod examples;
mod floods;
mod health;
mod issuer_keys;
mod malformed;
mod openapi;
mod opening;
mod pages;
mod prepared;
mod presentation_requests;
mod presentations;
mod replaced_keys;
mod request_signatures;
mod roots;
mod rotation;
mod schemas;
mod service;
mod status_indices;
mod status_lists;
mod tiles;
mod tls;
mod vc_api;
mod verifiers;
mod verify;
