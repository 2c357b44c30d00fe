//! Reads fixtures/imap/shapes.txt (format: fixtures/imap/README.md).

#[allow(dead_code, reason = "not every test uses all")]
pub(crate) struct Shape {
    pub(crate) name: String,
    pub(crate) wire: Vec<u8>,
    pub(crate) read: String,
}

pub(crate) const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/imap/shapes.txt");

pub(crate) fn shapes() -> Vec<Shape> {
    let file = std::fs::read_to_string(PATH).unwrap();
    let mut shapes: Vec<Shape> = Vec::new();
    for line in file.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            shapes.push(Shape {
                name: name.into(),
                wire: Vec::new(),
                read: String::new(),
            });
        } else if let Some(text) = line.strip_prefix("> ") {
            shapes.last_mut().unwrap().wire = wire(text);
        } else if let Some(text) = line.strip_prefix("= ") {
            shapes.last_mut().unwrap().read = text.into();
        }
    }
    shapes
}

fn wire(text: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '¶' => wire.extend(b"\r\n"),
            '‹' => {
                let (hex, after) = rest.split_once('›').unwrap();
                wire.push(u8::from_str_radix(hex, 16).unwrap());
                rest = after;
            }
            plain => wire.extend(plain.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    wire
}
