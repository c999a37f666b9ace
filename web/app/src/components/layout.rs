//! The frame around every page: skip link, header, main part, footer.

use leptos::prelude::*;

use crate::logic::route::Route;

/// Frames a page.
#[component]
pub(crate) fn Layout(route: Route, children: Children) -> impl IntoView {
    view! {
        <a class="skip-link" href="#main">"Skip to the content"</a>
        <header class="site-header">
            <div class="wrap site-header-row">
                <a class="brand" href="/" aria-label="P2C2R, start page">
                    <Mark/>
                    <span>"P2C2R"</span>
                </a>
                <nav aria-label="Pages">
                    <ul>
                        <li><NavLink route=Route::Watch is_here=route == Route::Watch/></li>
                        <li><NavLink route=Route::Contribute is_here=route == Route::Contribute/></li>
                    </ul>
                </nav>
            </div>
        </header>
        <main id="main" class="wrap" tabindex="-1">{children()}</main>
        <footer class="site-footer">
            <div class="wrap site-footer-row">
                <p>"Free software, MIT or Apache-2.0. Run your own server: one binary, one port."</p>
                <p>"The server introduces peers; it never sees a picture."</p>
            </div>
        </footer>
    }
}

#[component]
fn NavLink(route: Route, is_here: bool) -> impl IntoView {
    let (address, label) = match route {
        Route::Contribute => ("/contribute", "Contribute"),
        Route::Watch => ("/watch", "Watch"),
        Route::Landing | Route::Unknown => ("/", "Start"),
    };
    view! { <a href=address aria-current=is_here.then_some("page")>{label}</a> }
}

/// The mark: a picture cut into tiles of equal cost, each lit by somebody else.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <rect class="mark-a" x="2" y="2" width="17" height="11" rx="2"></rect>
            <rect class="mark-b" x="21" y="2" width="9" height="17" rx="2"></rect>
            <rect class="mark-c" x="2" y="15" width="8" height="15" rx="2"></rect>
            <rect class="mark-d" x="12" y="21" width="18" height="9" rx="2"></rect>
            <rect class="mark-e" x="12" y="15" width="7" height="4" rx="1.5"></rect>
        </svg>
    }
}
