"""The model's card: what it is for, from what it was made, how good it is and where it ends."""

import numpy as np

import latency
import mlp

TEXT = """# `latency.onnx`

Made by `cargo xtask train`; this page too. File: {bytes} bytes, SHA-256 `{sha256}`.

## Purpose

The prior from which a requester's scheduler begins with a worker: asked once for a worker, a kind of task and each of
eight costs, it says how long tracing takes, how sure that is, how long the way there and back takes, and how likely
nothing comes. What is then measured of the worker corrects it (`crates/scheduler`), so that an error of the model
costs some tasks, not a session. It decides nothing by itself and is not meant for anything else.

## Data

{rows} attempts by {workers} workers on {days} simulated days, of simulated people only: `p2c2r sim --log` runs the
product's own sessions on the virtual network, each run with a population, links, load, scheduler and kind of task of
its own, drawn wider than the benchmark's (`crates/sim/src/wide.rs`) under seeds that no benchmark uses. Where its
figures come from is said beside them. Log: SHA-256 `{data_sha256}`. No person's data is in it. A log of real runs can be
added with `--log`; it names nobody and holds no addresses.

## Inputs and answers

Schema {version}; names, order and meaning: `crates/scheduler/src/base.rs`. Logarithms are natural ones of seconds, mean paths,
mean paths per second and bytes per second; flags are 0 or 1; what is unknown is 0. In the data `log_lanes` is always 0, so
it has no effect (the benchmark is that of one lane). Nor have the five inputs of the clock: training zeroes them, because each simulated
run takes place at one hour, which told both learners the run instead of the hour and made them worse on later days. What the
hour changes is learned by the scheduler, and by a model once logs of many days are there.

| input | | input | |
|---|---|---|---|
{inputs}

Answers: {outputs}.

## Model

A multilayer perceptron, {count} – {width} – {width} – 5 with a linear path around, in {operators} operators of opset 17. Inputs
are standardised and clipped to ±{clip:g} deviations; gaps are a softplus, so that quantiles cannot cross. Pinball loss of the 5, 50 and
95 % quantiles of the logarithm of the seconds of tracing and of the median of the way, cross-entropy of failure
(weight {failure_weight}); Adam, {epochs} epochs, batch {batch}, seed {seed}. numpy {numpy}, one thread.

## How good it is

Pinball loss (mean over the three levels; less is better), always on workers, days or devices that training did not see,
never on other rows of the same worker. In brackets: where it lies in 95 of 100 resamplings of the workers. *Heuristic*: cost over the worker's own
benchmark with the usual error; *usual*: the quantiles of everything. *Without* a class of devices: trained without it, measured
on it.

| held out | network | boosted trees | heuristic | usual |
|---|---|---|---|---|
{losses}

Boosted trees are LightGBM's: 100 trees of 31 leaves for each of three quantiles, the way and failure, on the same rows
(`models/train/boosting.py`). {verdict}

| held out | inside 90 % | median error of tracing (log) | of the way (log) | log loss of failure, network | trees |
|---|---|---|---|---|---|
{others}

By group, on workers held out:

| group | pinball | inside 90 % | failures said | seen |
|---|---|---|---|---|
{groups}

Calibration of failure, on workers held out:

| said | seen | rows |
|---|---|---|
{calibration}

## Limits

- Epochs, weight decay and the dropped clock were chosen by the loss on the later days, so that row says more than it
  would of days that nobody has looked at. Workers held out come from runs whose other workers were trained on.
- Simulated people are as good as the figures they were drawn from. How kinds of task suit devices, batteries and
  evenings is assumed, not measured; until real logs are added the model's word on them is a guess.
- The simulator slows hidden tabs, and says so in the features at once; a real tab may say so late.
- Tasks that never came say nothing of how long they would have taken; quantiles are of those that came.
- The interval is of tracing alone, for workers as in the data. The scheduler calibrates what it shows by what it sees.

## Privacy and licence

No input names or places anybody; the time of day is UTC. Model, data and script: MIT or Apache-2.0, as the repository.
"""


def text(schema, report, settings):
    results = report["results"]
    return TEXT.format(
        **common(schema, report, settings),
        workers=report["workers"],
        days=report["days"],
        operators=18,
        failure_weight=latency.FAILURE_WEIGHT,
        losses="\n".join(_losses(name, result) for name, result in results.items()),
        verdict=_verdict(results),
        others="\n".join(_others(name, result) for name, result in results.items()),
        groups="\n".join(_group(name, result) for name, result in report["groups"].items()),
        calibration="\n".join(f"| {said:.3f} | {seen:.3f} | {rows} |" for said, seen, rows in report["calibration"]),
    )


def common(schema, report, settings):
    """What every model's card says, by the names in its text."""
    return {name: report[name] for name in ("bytes", "sha256", "rows", "data_sha256")} | {
        "version": schema.version,
        "inputs": inputs(schema),
        "outputs": ", ".join(f"`{name}`" for name in schema.outputs),
        "count": len(schema.inputs),
        "clip": mlp.CLIP,
        "width": settings.width,
        "epochs": settings.epochs,
        "batch": settings.batch,
        "seed": settings.seed,
        "numpy": report["versions"]["numpy"],
    }


def inputs(schema):
    """The rows of a table of all inputs, two to a row."""
    names = list(schema.inputs)
    half = (len(names) + 1) // 2
    pairs = zip(names[:half], names[half:] + [""] * (2 * half - len(names)))
    rows = [f"| {i} | `{a}` | {i + half if b else ''} | {f'`{b}`' if b else ''} |" for i, (a, b) in enumerate(pairs)]
    return "\n".join(rows)


def groups(attempts, schema):
    """Rows by what they are of."""
    column = lambda name: attempts.features[:, schema.column(name)]
    flags = ["is_browser_gpu", "is_browser_cpu", "is_native_gpu", "is_native_cpu", "is_direct", "is_short"]
    flags += ["is_long", "is_on_battery", "is_hidden", "is_relayed", "has_benchmark"]
    found = {name[3:] if name.startswith("is_") else name: column(name) > 0.5 for name in flags}
    peer = column("has_round_trip") > 0.5
    trip = np.exp(column("log_round_trip"))
    found |= {"no benchmark": peer & (column("has_benchmark") < 0.5), "requester itself": ~peer}
    found |= {"round trip < 50 ms": peer & (trip < 0.05), "round trip ≥ 150 ms": peer & (trip >= 0.15)}
    found |= {"first 10 tasks": peer & (column("log_tasks") < np.log(11)), "later tasks": column("log_tasks") >= np.log(11)}
    return found


def interval(value):
    middle, low, high = value
    return f"{middle:.4f} ({low:.4f}–{high:.4f})"


def _losses(name, result):
    who = ("model", "boosting", "heuristic", "usual")
    return f"| {name} | " + " | ".join(interval(result[one]["pinball"]) for one in who) + " |"


def _others(name, result):
    model, trees = result["model"], result["boosting"]
    cells = [f"{model['coverage'][0]:.3f}", f"{model['median_error'][0]:.3f}", f"{model['way_error'][0]:.3f}"]
    cells += [f"{model['failure_log_loss'][0]:.4f}", f"{trees['failure_log_loss'][0]:.4f}"]
    return f"| {name} | " + " | ".join(cells) + " |"


def _group(name, result):
    said, seen = result["failures_said"][0], result["failures_seen"][0]
    return f"| {name} | {interval(result['pinball'])} | {result['coverage'][0]:.3f} | {said:.3f} | {seen:.3f} |"


def _verdict(results):
    ratios = [one["model"]["pinball"][0] / one["boosting"]["pinball"][0] for one in results.values()]
    mean = float(np.exp(np.mean(np.log(ratios))))
    better = sum(ratio < 1 for ratio in ratios)
    return (
        f"The network's loss is {mean:.3f} of theirs (geometric mean; {min(ratios):.3f} to {max(ratios):.3f}), less in {better} of "
        f"{len(ratios)}. The network is shipped: tract has no operator for such trees but a classifier that is too slow."
    )
