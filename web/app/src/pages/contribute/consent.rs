//! What a visitor agrees to, in the words of the person who pays for it.

use leptos::prelude::*;

use crate::browser::page;

/// The terms; folded away once they were agreed to.
#[component]
pub(super) fn Consent(room: Option<String>, has_run: Memo<bool>) -> impl IntoView {
    let whom = whom(room.as_deref());
    let server = page::browser_facts().host;
    view! {
        <section class="panel consent" aria-labelledby="consent-title">
            <details prop:open=move || !has_run.get()>
                <summary><h2 id="consent-title">"What you agree to"</h2></summary>
                <dl>
                    <div>
                        <dt>"What runs"</dt>
                        <dd>
                            "A path tracer from this server: WebAssembly in background workers and, if you allow it, "
                            "WebGPU. It computes light for tiles of pictures, and nothing else. It reads no file of yours."
                        </dd>
                    </div>
                    <div><dt>"For whom"</dt><dd>{whom}</dd></div>
                    <div>
                        <dt>"Who sees you"</dt>
                        <dd>
                            "Everyone you help connects to this tab directly, so "
                            <strong>"they see your IP address"</strong> " and you see theirs. The server "
                            <code>{server}</code> " sees it too, but no picture."
                        </dd>
                    </div>
                    <div>
                        <dt>"What it costs"</dt>
                        <dd>
                            "Computing time, up to your limits: other programs may feel slower, fans louder, a battery "
                            "emptier. A busy laptop typically draws 20 to 60 W more, a desktop's graphics card 100 to 300 W; "
                            "100 W for an hour is 0.1 kWh. Data: each scene comes down once, finished tiles go up. The "
                            "meters count both, so beware of metered connections."
                        </dd>
                    </div>
                    <div>
                        <dt>"What you get"</dt>
                        <dd>"Thanks, and the numbers on this page. This server counts no credits unless they show here."</dd>
                    </div>
                    <div>
                        <dt>"What is stored"</dt>
                        <dd>"Your limits, in this browser. No account, no cookie. Scenes stay in this tab's memory; the browser may keep their files in its ordinary cache."</dd>
                    </div>
                    <div>
                        <dt>"How it ends"</dt>
                        <dd>
                            "Stop ends all work within a quarter of a second. Finish delivers the open tasks first. "
                            "Closing the tab ends it as well, and nothing starts again by itself."
                        </dd>
                    </div>
                </dl>
            </details>
        </section>
    }
}

fn whom(room: Option<&str>) -> AnyView {
    match room {
        Some(room) => view! {
            "Only for whoever has the link to the room " <code class="room-name">{room.to_owned()}</code>
            ". You were given that link; ask its sender what they render."
        }
        .into_any(),
        None => "For anyone who asks this server's public pool for help. The scenes are theirs and nobody has checked them."
            .into_any(),
    }
}
