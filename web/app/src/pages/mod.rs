//! One module per page, and the choice between them.

mod contribute;
mod landing;
mod lost;
mod watch;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::browser::page;
use crate::components::Layout;
use crate::logic::route::Route;

/// The element of index.html that the page replaces.
const ROOT_ID: &str = "app";

/// Puts the page of this address in place of the loading text.
pub fn mount() {
    let route = Route::of_path(&page::path());
    let document = page::document();
    document.set_title(route.title());
    let root: HtmlElement = document
        .get_element_by_id(ROOT_ID)
        .expect("index.html has the root element")
        .unchecked_into();
    root.set_text_content(None);
    leptos::mount::mount_to(root, move || view! { <Page route=route/> }).forget();
}

#[component]
fn Page(route: Route) -> impl IntoView {
    view! {
        <Layout route=route>
            {match route {
                Route::Landing => view! { <landing::Landing/> }.into_any(),
                Route::Contribute => view! { <contribute::Contribute/> }.into_any(),
                Route::Watch => view! { <watch::Watch/> }.into_any(),
                Route::Unknown => view! { <lost::Lost/> }.into_any(),
            }}
        </Layout>
    }
}
