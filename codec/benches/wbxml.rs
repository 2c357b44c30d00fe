//! How fast WBXML is read and written, in MB of WBXML a second on one core, beside libwbxml on the
//! same documents. The budget is 500 MB/s both ways (design, section 7).
//!
//! `cargo bench -p airgate-codec --bench wbxml` prints criterion's report and then the table.
//! libwbxml is measured by benches/libwbxml.c, compiled here (Debian: gcc, libwbxml2-dev).

#![allow(
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a bench measures time and prints it"
)]

#[path = "wbxml/sample.rs"]
mod sample;

use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;
use std::{env, fs};

use airgate_codec::wbxml::{from_xml, to_xml};
use criterion::{Criterion, Throughput};

use self::sample::{ROUNDS, Sample, best, compile, measure, read, write};

fn main() {
    let samples = Sample::all();
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for sample in &samples {
        with_criterion(sample, &mut criterion);
    }
    criterion.final_summary();
    if env::args().any(|argument| argument == "--bench") {
        print_table(&samples);
    }
}

fn with_criterion(sample: &Sample, criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(sample.name);
    group.throughput(Throughput::Bytes(sample.bytes.len() as u64));
    group.bench_function("read", |b| b.iter(|| read(black_box(&sample.bytes))));
    group.bench_function("write", |b| b.iter(|| write(black_box(&sample.mails))));
    group.finish();
}

fn print_table(samples: &[Sample]) {
    let folder = env::temp_dir().join(format!("airgate-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a temporary folder");
    let libwbxml = compile(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/libwbxml.c"),
        &folder,
    );
    println!("\nMB of WBXML a second on one core, best of {ROUNDS}");
    println!("| document | | airgate | libwbxml | ratio |");
    println!("| --- | --- | ---: | ---: | ---: |");
    for sample in samples {
        let file = folder.join("sample.wbxml");
        fs::write(&file, &sample.bytes).expect("the temporary folder is writable");
        let theirs = match &libwbxml {
            Ok(program) => measure(program, &file),
            Err(_) => HashMap::new(),
        };
        let ours = [
            (
                "parse",
                best(|| {
                    black_box(read(black_box(&sample.bytes)));
                }),
            ),
            (
                "write",
                best(|| {
                    black_box(write(black_box(&sample.mails)));
                }),
            ),
            (
                "to_xml",
                best(|| {
                    black_box(to_xml(black_box(&sample.bytes)).is_ok());
                }),
            ),
            (
                "from_xml",
                best(|| {
                    black_box(from_xml(black_box(&sample.xml)).is_ok());
                }),
            ),
        ];
        let size = sample.bytes.len() as f64 / 1e6;
        for (what, seconds) in ours {
            let speed = size / seconds;
            let (their_speed, ratio) = match theirs.get(what) {
                Some(seconds) => (
                    format!("{:.0}", size / seconds),
                    format!("{:.1}x", speed / (size / seconds)),
                ),
                None => ("not measured".to_owned(), "-".to_owned()),
            };
            let name = sample.name;
            println!("| {name} ({size:.2} MB) | {what} | {speed:.0} | {their_speed} | {ratio} |");
        }
    }
    println!("\nparse and to_xml: we also check that text is UTF-8, libwbxml does not.");
    if let Err(reason) = libwbxml {
        println!("\nlibwbxml was not measured: {reason}");
    }
    let _leftovers = fs::remove_dir_all(&folder);
}
