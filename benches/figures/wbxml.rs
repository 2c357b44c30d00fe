//! WBXML in MB a second on one core beside libwbxml: the same work as `cargo bench -p airgate-codec
//! --bench wbxml`, in the one table.

use std::hint::black_box;
use std::path::Path;

use self::sample::{Sample, best, compile, measure as measure_libwbxml, read, write};
use crate::Scale;
use crate::support::process::RunDir;
use crate::table::{Budget, Table};

#[path = "../../codec/benches/wbxml/sample.rs"]
mod sample;

pub fn measure(_scale: Scale, table: &mut Table) {
    let dir = RunDir::new("libwbxml");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("codec/benches/libwbxml.c");
    let libwbxml = compile(&source, dir.path());
    let all = Sample::all();
    for sample in [&all[0], &all[2]] {
        let file = dir.write("sample.wbxml", &sample.bytes);
        let theirs = match &libwbxml {
            Ok(program) => measure_libwbxml(program, &file),
            Err(why) => {
                eprintln!("libwbxml is not measured: {why}");
                Default::default()
            }
        };
        let size = sample.bytes.len() as f64 / 1e6;
        let decode = best(|| {
            black_box(read(black_box(&sample.bytes)));
        });
        let encode = best(|| {
            black_box(write(black_box(&sample.mails)));
        });
        // The budget is for a response as phones get it, with bodies.
        let budget = match sample.name {
            name if name == all[0].name => Budget::AtLeast(500.0),
            _ => Budget::None,
        };
        for (verb, seconds, peer) in [("decode", decode, "parse"), ("encode", encode, "write")] {
            let beside = theirs.get(peer).map_or_else(
                || "libwbxml not measured".to_owned(),
                |other| format!("libwbxml {:.0} MB/s: {:.1}x", size / other, other / seconds),
            );
            let what = format!("WBXML {verb}, 1 MB Sync response, {}", sample.name);
            table.add(&what, size / seconds, "MB/s", budget, &beside);
        }
    }
}
