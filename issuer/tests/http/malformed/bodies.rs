//! Every member of every body: left out, of another type, unknown beside it, its field elements aliased.

use serde_json::{Value, json};

use super::Case;
use super::mutations::{element_aliases, pointers, removed, replaced, wrong_types};
use super::world::{Good, World};

pub fn cases(world: &World) -> Vec<Case> {
    world.good.iter().flat_map(|good| of(world, good)).collect()
}

fn of(world: &World, good: &Good) -> Vec<Case> {
    let mut spoiled: Vec<(String, Value)> = [json!(null), json!([]), json!("x"), json!(7), json!({ "?": 1 })]
        .map(|body| (format!("body {body}"), body))
        .to_vec();
    for pointer in pointers(&good.body) {
        let value = good.body.pointer(&pointer).unwrap();
        let optional = good.optional.contains(&pointer.as_str());
        if !optional {
            spoiled.push((format!("without {pointer}"), removed(&good.body, &pointer)));
        }
        for other in wrong_types(value, optional) {
            spoiled.push((format!("{pointer} = {other}"), replaced(&good.body, &pointer, other)));
        }
        for alias in value.as_str().map(element_aliases).unwrap_or_default() {
            spoiled.push((format!("{pointer} = {alias}"), replaced(&good.body, &pointer, alias)));
        }
        if value.is_object() {
            let mut more = good.body.clone();
            more.pointer_mut(&pointer).unwrap()["unknown"] = 1.into();
            spoiled.push((format!("{pointer} with an unknown member"), more));
        }
    }
    let mut more = good.body.clone();
    more["unknown"] = 1.into();
    spoiled.push(("an unknown member".to_owned(), more));
    spoiled
        .into_iter()
        .map(|(what, body)| Case::new(format!("{}: {what}", good.name), world.request(good, &body)))
        .collect()
}
