//! What the extractors of a handler tell about its route.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Uri};

use super::Description;
use crate::http::body::FromBody;
use crate::http::call::{Access, Call};
use crate::http::client::Client;
use crate::http::counted::Counted;
use crate::http::error::Problem;
use crate::http::parameters::Id;

/// An argument of a handler.
pub trait Extractor {
    /// Adds what it tells; most tell nothing.
    fn describe(_: &mut Description) {}
}

impl<S> Extractor for State<S> {}
impl<T> Extractor for Query<T> {}
impl Extractor for HeaderMap {}
impl Extractor for Uri {}
impl Extractor for Bytes {}
impl<T> Extractor for Option<Extension<T>> {}

impl<T: Extractor, E> Extractor for Result<T, E> {
    fn describe(description: &mut Description) {
        T::describe(description);
    }
}

impl<T> Extractor for Path<T> {
    fn describe(description: &mut Description) {
        description.reads_path();
    }
}

impl<T> Extractor for Id<T> {
    fn describe(description: &mut Description) {
        description.may_be(Problem::NotFound);
    }
}

impl Extractor for Client {
    fn describe(description: &mut Description) {
        description.is_limited();
    }
}

impl Extractor for Counted {
    fn describe(description: &mut Description) {
        description.is_limited();
    }
}

impl<A: Access, B: FromBody> Extractor for Call<A, B> {
    fn describe(description: &mut Description) {
        description.admits(A::WHO);
        // Everywhere: a credential of another kind than the route's is refused although it verifies.
        description.may_be(Problem::Forbidden);
        description.takes(B::KIND);
    }
}

/// The arguments of a handler, as [`Handler`](axum::handler::Handler) names them: behind a marker, or none.
pub trait Extractors {
    /// Adds what all of them tell.
    fn describe(description: &mut Description);
}

impl Extractors for ((),) {
    fn describe(_: &mut Description) {}
}

macro_rules! extractors {
    ($($name:ident)+) => {
        impl<M, $($name: Extractor),+> Extractors for (M, $($name,)+) {
            fn describe(description: &mut Description) {
                $($name::describe(description);)+
            }
        }
    };
}

extractors!(A);
extractors!(A B);
extractors!(A B C);
extractors!(A B C D);
extractors!(A B C D E);
