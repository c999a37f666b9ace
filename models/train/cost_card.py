"""The cost model's card: what it is for, from what it was made, how good it is and where it ends."""

import card
import cost

TEXT = """# `cost.onnx`

Made by `cargo xtask train`; this page too. File: {bytes} bytes, SHA-256 `{sha256}`.

## Purpose

What the paths of each cell of a film cost, said from what the camera sees first and before anybody has rendered it,
so that a first frame can be cut into tiles of equal cost. `crates/splitter` (`knowledge.rs`) corrects it by what is then
measured of the scene, and its measurements count more; an error of the model costs evenness, never the picture. It
decides nothing by itself and is not meant for anything else.

## Data

{rows} cells of {views} views of {scenes} scenes: `cost-rows` (`bench/cost`) looks at views as the product does, and traces
some cells of each. Scenes are cities, exhibits and furnaces that `p2c2r-scene` generates, and rooms and places put together
by chance (`bench/cost/src/drawn.rs`); cameras stand in them and around. The city of the benchmark `tile-imbalance`, `cornell`
and the whole `gallery` were never trained on, and no view of the benchmark's orbit is among the rows. Costs are counted rays, the
same on every machine. Rows: SHA-256 `{data_sha256}`. No person's data is in them.

## Inputs and answer

Schema {version}; names, order and meaning: `crates/splitter/src/features.rs`. Logarithms are natural ones; shares are from 0 to 1; what is
unknown is 0. Nothing measured is among them: measurements correct the answers, and would count twice.

| input | | input | |
|---|---|---|---|
{inputs}

Answer: {outputs}, the logarithm of what those paths of a cell cost on average that do not end where they first meet
something; the others cost 1 by definition, and their share is an input.

## Model

A multilayer perceptron, {count} – {width} – {width} – 1 with a linear path around, in operators of opset 17. Inputs are
standardised and clipped to ±{clip:g} deviations. Huber's loss beyond {far:g}, each cell weighted by the share of its cost that
the answer is of, squared; {forgiven:.0%} of what a view's cells are off by together is forgiven. Adam, {epochs} epochs, batch
{batch}, weight decay {decay:g}, seed {seed}. numpy {numpy}, one thread.

## How good it is

Standard deviation of the error of a cell's log cost within its view (less is better), mean over views; always on scenes that
training did not see. In brackets: where it lies in 95 of 100 resamplings of the scenes, if there are several. *Nobody*: all cells alike. *Line*: the
ridge regression that the product fits to a probe of the very view, which has measured each of these cells with a few paths
where the model has only seen them; where the line is not fitted, for want of cells that scatter, the view is left out of that column.

| held out | model | nobody | line through a probe | views | scenes |
|---|---|---|---|---|---|
{results}

What tiles come out of it, alone and together with the line, is in `docs/benchmarks.md`.

## Limits

- Scenes are generated; textures are simple, and meshes of scanned or sculpted things are not among them.
- A feature is a mean over a cell: two materials within eight pixels look like their mean.
- What is behind the first surface, above all light that reaches a place only by many bounces, is not seen.
- Width, epochs and weight decay were not tuned. How much measurements must weigh to correct the model (`CORRECTING` in
  `crates/splitter/src/ridge.rs`) was chosen on frames of held-out scenes.
- Scenes with fewer than a dozen triangles, or of other units than metres, are far from the data.

## Privacy and licence

No input names or places anybody. Model, data and script: MIT or Apache-2.0, as the repository.
"""


def text(schema, report, settings):
    return TEXT.format(
        **card.common(schema, report, settings),
        views=report["views"],
        scenes=report["scenes"],
        far=cost.FAR,
        forgiven=cost.FORGIVEN,
        decay=settings.decay,
        results="\n".join(_result(name, found) for name, found in report["results"].items()),
    )


def _result(name, found):
    shown = card.interval if found["scenes"] > 1 else lambda score: f"{score[0]:.4f}"
    scores = " | ".join(shown(found[who]) for who in ("model", "nobody", "line"))
    return f"| {name} | {scores} | {found['views']} | {found['scenes']} |"
