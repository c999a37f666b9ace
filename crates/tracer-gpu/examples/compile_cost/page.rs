//! A page that tells how long a browser takes to make each pipeline.

/// What runs in the page: one pipeline after the other, each with its milliseconds.
const SCRIPT: &str = "<script type=module>
const device = await (await navigator.gpu.requestAdapter()).requestDevice();
for (const text of document.querySelectorAll('script[id]')) {
  const began = performance.now();
  const module = device.createShaderModule({ code: text.textContent });
  await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const took = Math.round(performance.now() - began);
  document.body.append(`${text.id}: ${took} ms`, document.createElement('br'));
}
document.body.append('done');
</script>";

/// The page over these named texts.
pub(crate) fn page(texts: &[(String, String)]) -> String {
    let mut page = "<!doctype html><meta charset=utf-8><title>Pipelines</title><body>".to_owned();
    for (name, text) in texts {
        page += &format!("<script type=text/plain id='{name}'>{text}</script>\n");
    }
    page + SCRIPT
}
