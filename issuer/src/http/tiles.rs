//! `GET /log/{log}/{seq}/tiles/{level}/{n}`: the tree in public pieces, so that fetching a path names nobody.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;

use super::api::{Answer, Routes, Shape, get, parameters};
use super::error::{ApiError, Problem};
use super::reply::{cached, typed};
use crate::app::App;

/// A tile of a published head never changes, and is kept this long.
const KEPT_S: u32 = 7 * 24 * 3600;

/// Tiles start at tree levels 0, 8, 16 and 24.
const LAST_LEVEL: u32 = 3;

/// The routes of this resource.
pub fn routes() -> Routes {
    let tile_of = "The nodes of one tile, 32 bytes big-endian each, trailing empty ones left out.";
    Routes::of("Log").route(
        get("/log/{log}/{seq}/tiles/{level}/{n}", tile)
            .means("tile", "A piece of the tree")
            .detail("The nodes `256·n …` of tree level `8·level` at publication `seq`. Paths are put together from tiles, so that fetching one names nobody.")
            .takes(parameters::part("log", "^[a-z0-9._-]{1,64}$", "The log's name."))
            .takes(parameters::number("seq", (1 << 53) - 1, "The publication."))
            .takes(parameters::number("level", LAST_LEVEL.into(), "Every eighth level of the tree, from the leaves."))
            .takes(parameters::number("n", (1 << 24) - 1, "Which tile of that level."))
            .answers(Answer::of(200, "application/octet-stream", Shape::Bytes, tile_of).cached())
            .refuses(&[Problem::NotFound, Problem::Gone]),
    )
}

/// The nodes `256·n ..` of tree level `8·level` at publication `seq`, 32 bytes big-endian each,
/// trailing empty ones left out.
async fn tile(
    State(app): State<Arc<App>>,
    Path((log, seq, level, n)): Path<(String, String, String, String)>,
) -> Result<Response, ApiError> {
    let seq = number("seq", &seq)?;
    let level = number("level", &level)?;
    let n: u32 = number("n", &n)?;
    if level > LAST_LEVEL {
        return Err(unknown("level"));
    }
    // 2^(32 - 8·level) nodes in tiles of 2^8.
    if n >> (24 - 8 * level) != 0 {
        return Err(unknown("n"));
    }
    let nodes = app.domain().tile(&log, seq, level, n).await?;
    Ok(cached(typed("application/octet-stream", nodes), KEPT_S))
}

/// A decimal number in its one spelling.
fn number<T: std::str::FromStr + ToString>(member: &'static str, text: &str) -> Result<T, ApiError> {
    let number = text.parse::<T>().ok().filter(|number| number.to_string() == text);
    number.ok_or_else(|| unknown(member))
}

fn unknown(member: &'static str) -> ApiError {
    ApiError::of_member(Problem::NotFound, member, "There is no tile of this address.")
}
