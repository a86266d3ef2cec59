//! Reads one vector file: JSON Schema first, then types, then values.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ark_ff::{BigInt, BigInteger};
use jsonschema::Registry;
use poa_circuits::native::field::{self, F};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Every file of the sets this test target reads.
const FILES: [&str; 20] = [
    "eddsa/accept.json",
    "eddsa/reject.json",
    "identity/babyjubjub.json",
    "identity/semaphore.json",
    "imt/appends.json",
    "imt/empty.json",
    "imt/paths.json",
    "imt/updates.json",
    "poseidon/h_01.json",
    "poseidon/h_02.json",
    "poseidon/h_03.json",
    "poseidon/h_04.json",
    "poseidon/h_05.json",
    "poseidon/h_06.json",
    "poseidon/h_07.json",
    "poseidon/h_08.json",
    "poseidon/h_09.json",
    "poseidon/h_10.json",
    "poseidon/h_11.json",
    "poseidon/h_12.json",
];

/// A field element that must be canonical.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Element(pub F);

impl TryFrom<String> for Element {
    type Error = field::FieldError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        field::decode_hex(&text).map(Self)
    }
}

impl PartialEq<F> for Element {
    fn eq(&self, other: &F) -> bool {
        self.0 == *other
    }
}

/// The directory all sets live in.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors")
}

fn read_json(path: &str) -> Value {
    let full = root().join(path);
    let text = fs::read(&full)
        .unwrap_or_else(|error| panic!("test-vectors/{path}: {error}; scripts/vectors/regenerate.sh remakes it"));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("test-vectors/{path}: {error}"))
}

/// Reads a file, validates it by the schema it names, and gives it as `T`.
pub fn read<T: DeserializeOwned>(path: &str) -> T {
    assert!(FILES.contains(&path), "list {path} in FILES");
    let value = read_json(path);
    let schema = value["schema"].as_str().unwrap_or_else(|| panic!("test-vectors/{path} names no schema"));
    validate(path, schema, &value);
    T::deserialize(&value).unwrap_or_else(|error| panic!("test-vectors/{path}: {error}"))
}

fn validate(path: &str, schema: &str, value: &Value) {
    let common = read_json("schema/common.json");
    let registry = Registry::new()
        .add("urn:poa:test-vectors:common", common)
        .expect("the common schema has a valid identifier")
        .prepare()
        .expect("the common schema refers to itself alone");
    let schema = read_json(&format!("schema/{schema}.json"));
    let validator =
        jsonschema::options().with_registry(&registry).build(&schema).expect("the schema of vectors is valid");
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{} at {}", error, error.instance_path())).collect();
    assert!(errors.is_empty(), "test-vectors/{path}: {errors:#?}");
}

/// Scalars stand in decimal and in hex, both of one number; a file edited in one place only is caught.
pub fn assert_same_number(decimal: &str, hex_text: &str) {
    let number: BigInt<4> = decimal.parse().expect("a decimal number below 2^256");
    assert_eq!(format!("0x{}", hex::encode(number.to_bytes_be())), hex_text);
}

#[test]
fn no_vector_file_is_left_unread() {
    let mut found = BTreeSet::new();
    for set in ["eddsa", "identity", "imt", "poseidon"] {
        for entry in fs::read_dir(root().join(set)).expect("the set's directory exists") {
            let name = entry.expect("the directory can be listed").file_name();
            found.insert(format!("{set}/{}", name.to_string_lossy()));
        }
    }
    assert_eq!(found, FILES.map(String::from).into());
}
