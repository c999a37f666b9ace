//! The start page: what this is, and the three ways in.

use leptos::prelude::*;

use crate::browser::page;
use crate::components::{CopyCode, Icon, IconName};
use crate::logic::share;

/// The start page.
#[component]
pub(super) fn Landing() -> impl IntoView {
    view! {
        <section class="hero">
            <div class="hero-text">
                <h1>"One picture, rendered by many browser tabs"</h1>
                <p class="lead">
                    "P2C2R path-traces 3D scenes on every machine that says yes. Your frame is cut into tiles of equal "
                    "cost, peers trace them over WebRTC, and your tab adds up the light: exactly, each sample once."
                </p>
                <p class="actions">
                    <a class="button primary" href="/watch"><Icon name=IconName::Eye/><span>"Watch a picture"</span></a>
                    <a class="button" href="/contribute"><Icon name=IconName::Chip/><span>"Lend this machine"</span></a>
                </p>
            </div>
            <HeroPicture/>
        </section>
        <Ways/>
        <Embedding/>
        <Facts/>
    }
}

/// A picture that this renderer made, and the outlines of the tiles it was made of.
#[component]
fn HeroPicture() -> impl IntoView {
    view! {
        <figure class="hero-picture">
            <img
                src="/pictures/night-city.webp"
                width="960"
                height="540"
                alt="A wet street at night between tall buildings; neon signs mirror in the asphalt."
            />
            <svg class="tile-outlines" viewBox="0 0 960 540" aria-hidden="true" focusable="false">
                <rect class="tile peer-0" x="2" y="2" width="428" height="296"></rect>
                <rect class="tile peer-1" x="434" y="2" width="302" height="188"></rect>
                <rect class="tile peer-2" x="740" y="2" width="218" height="298"></rect>
                <rect class="tile peer-0" x="434" y="194" width="302" height="106"></rect>
                <rect class="tile peer-3" x="2" y="302" width="260" height="236"></rect>
                <rect class="tile peer-1" x="266" y="302" width="240" height="236"></rect>
                <rect class="tile peer-2" x="510" y="304" width="448" height="112"></rect>
                <rect class="tile peer-3" x="510" y="420" width="448" height="118"></rect>
            </svg>
            <figcaption>
                "The generated scene " <code>"night-city"</code> ", traced by this renderer; outlined as four peers would share it."
            </figcaption>
        </figure>
    }
}

#[component]
fn Ways() -> impl IntoView {
    view! {
        <section aria-labelledby="ways-title">
            <h2 id="ways-title">"Three ways in"</h2>
            <ul class="ways">
                <li class="card">
                    <Icon name=IconName::Eye/>
                    <h3><a href="/watch">"Watch"</a></h3>
                    <p>
                        "Open a glTF scene, from an address or from your disk, and see it refine. It works alone; "
                        "share the link and every helper makes it quicker."
                    </p>
                </li>
                <li class="card">
                    <Icon name=IconName::Chip/>
                    <h3><a href="/contribute">"Contribute"</a></h3>
                    <p>
                        "Lend this machine's GPU or processor for as long as you like. Nothing runs before you press "
                        "Start, and Stop ends it within a quarter of a second."
                    </p>
                </li>
                <li class="card">
                    <Icon name=IconName::Code/>
                    <h3><a href="#embed">"Embed"</a></h3>
                    <p>
                        "One script and one element put a path-traced scene on any page. With no helper in reach it "
                        "renders on the visitor's own machine."
                    </p>
                </li>
            </ul>
        </section>
    }
}

#[component]
fn Embedding() -> impl IntoView {
    let snippet = share::embed_snippet(&page::origin());
    view! {
        <section class="embed" id="embed" aria-labelledby="embed-title">
            <div>
                <h2 id="embed-title">"Put it on your page"</h2>
                <p>
                    "Paste this, and name your own " <code>".glb"</code> ". The element never contributes: it only shows. "
                    "Without " <code>"signal"</code> " it renders alone."
                </p>
                <dl class="attributes">
                    <div><dt><code>"src"</code></dt><dd>"a .glb or .gltf address, or " <code>"generated:night-city"</code></dd></div>
                    <div><dt><code>"samples"</code></dt><dd>"light samples per pixel at which the picture is done"</dd></div>
                    <div><dt><code>"room"</code></dt><dd>"a private id; without it the public pool helps"</dd></div>
                    <div><dt><code>"environment-image"</code></dt><dd>"an .hdr that lights the scene"</dd></div>
                    <div><dt><code>"camera-controls"</code></dt><dd>"lets visitors turn the scene"</dd></div>
                </dl>
                <p>
                    "Events " <code>"load"</code> ", " <code>"progress"</code> ", " <code>"tiles"</code> " and "
                    <code>"error"</code> " tell your script what happens; " <code>"dispose()"</code> " ends it all."
                </p>
            </div>
            <CopyCode label="HTML for your page" code=snippet/>
        </section>
    }
}

#[component]
fn Facts() -> impl IntoView {
    view! {
        <section aria-labelledby="facts-title">
            <h2 id="facts-title">"What you can rely on"</h2>
            <dl class="facts">
                <div>
                    <dt>"It always completes"</dt>
                    <dd>"Peers may vanish mid-tile. Their work is leased again, and your own tab renders too."</dd>
                </div>
                <div>
                    <dt>"Every sample counts once"</dt>
                    <dd>"Tiles come back as integer sums of light, so the order of arrival cannot change the picture."</dd>
                </div>
                <div>
                    <dt>"Yes means yes"</dt>
                    <dd>"No GPU, worker or peer connection is touched before Start on a page that says what it costs."</dd>
                </div>
            </dl>
        </section>
    }
}
