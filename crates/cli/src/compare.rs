//! `p2c2r compare`: how far apart two pictures are.

use anyhow::Context;
use p2c2r_image::rmse;

use crate::args::CompareArguments;
use crate::failure::{Failure, fail};
use crate::picture::read_radiance;

/// Prints the root mean square error over all channels, in radiance.
pub(crate) fn run(options: &CompareArguments) -> anyhow::Result<()> {
    let ours = read_radiance(&options.ours)?;
    let theirs = read_radiance(&options.theirs)?;
    if ours.size_px != theirs.size_px {
        let [width, height] = ours.size_px;
        let [other_width, other_height] = theirs.size_px;
        let sizes = format!("{width}x{height} and {other_width}x{other_height} pixels");
        return Err(fail(Failure::Usage, format!("the pictures differ in size: {sizes}")));
    }
    let error = rmse(&ours.pixels, &theirs.pixels).context("a picture without pixels")?;
    if options.json {
        println!("{}", serde_json::json!({ "rmse": error }));
    } else {
        println!("rmse {error:.6e}");
    }
    Ok(())
}
