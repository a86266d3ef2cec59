//! `poa schema`: disclosure and attestation schemas.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::args::{Global, OperatorAt, ServiceArg};
use crate::client::Auth;
use crate::commands::read_json;
use crate::exit::{Failure, Outcome};
use crate::output::{Answer, pretty};

/// Operations on schemas.
#[derive(Subcommand)]
pub enum SchemaCommand {
    /// List them
    List(ListArgs),
    /// Show one document
    Show(ShowArgs),
    /// Add a disclosure schema (operator)
    Add(AddArgs),
}

/// Where to ask.
#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    service: ServiceArg,
}

/// Which schema.
#[derive(Args)]
pub struct ShowArgs {
    #[command(flatten)]
    service: ServiceArg,
    /// NAME/VERSION, for example task_completion/1
    schema: String,
}

/// A new schema.
#[derive(Args)]
pub struct AddArgs {
    #[command(flatten)]
    at: OperatorAt,
    /// File with the disclosure schema (JSON)
    document: PathBuf,
}

/// Runs the command.
pub fn run(command: &SchemaCommand, global: &Global) -> Outcome<Answer> {
    match command {
        SchemaCommand::List(args) => {
            let schemas = args.service.client(None)?.get("/schemas", Auth::Nobody)?;
            let lines = lines(&schemas);
            let next = "one document: poa schema show NAME/VERSION; all of them: poa --json schema list";
            Ok(Answer::done("the service's schemas", next, schemas).with_details(lines))
        }
        SchemaCommand::Show(args) => {
            let path = format!("/schemas/{}", checked(&args.schema)?);
            let document = args.service.client(None)?.get(&path, Auth::Nobody)?;
            Ok(Answer::document(pretty(&document), "", document))
        }
        SchemaCommand::Add(args) => add(args, global),
    }
}

/// One line for each attestation schema: the capabilities that its leaves can have.
fn registries(schemas: &Value) -> Vec<String> {
    let schemas = schemas["attestationSchemas"].as_array().into_iter().flatten();
    let line = |schema: &Value| {
        let names: Vec<_> = schema["capabilities"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let names = if names.is_empty() { "none (poa serve --capabilities)".to_owned() } else { names.join(", ") };
        format!("capabilities of {}: {names}", schema["id"].as_str().unwrap_or_default())
    };
    schemas.map(line).collect()
}

/// One schema on one line: what it is called, and what it shows and proves.
fn lines(schemas: &Value) -> Vec<String> {
    let list = |member: &str| schemas[member].as_array().cloned().unwrap_or_default();
    let words = |value: &Value| {
        let names: Vec<_> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    };
    let name = |schema: &Value| format!("{}/{}", schema["name"].as_str().unwrap_or("?"), schema["version"]);
    let disclosure = list("disclosureSchemas").into_iter().map(|entry| {
        let schema = &entry["document"];
        let bounds = schema["predicates"].as_object().map_or_else(String::new, |bounds| {
            let bounds = bounds.iter().map(|(slot, allowed)| format!("{slot} ({})", words(allowed)));
            bounds.collect::<Vec<_>>().join(", ")
        });
        format!("{:<24}  shows {}; proves {}", name(schema), words(&schema["disclose"]), bounds)
    });
    disclosure.chain(registries(schemas)).collect()
}

fn add(args: &AddArgs, global: &Global) -> Outcome<Answer> {
    let (client, token) = args.at.open(global)?;
    let document = read_json(&args.document)?;
    let answer = client.post("/schemas", &document, Auth::Operator(&token))?;
    let id = answer["id"].as_str().or(document["id"].as_str()).unwrap_or_default();
    Ok(Answer::done(
        format!("the service issues under {id} from now on"),
        "verifiers fetch the trust document again to know it",
        answer.clone(),
    ))
}

/// `name/version`, safe inside a path.
fn checked(schema: &str) -> Outcome<&str> {
    let fits = schema.split_once('/').is_some_and(|(name, version)| {
        let word =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        word(name) && version.parse::<u32>().is_ok()
    });
    if fits {
        Ok(schema)
    } else {
        let what = format!("`{schema}` is no schema's name");
        Err(Failure::error(what, "write NAME/VERSION, for example task_completion/1"))
    }
}
