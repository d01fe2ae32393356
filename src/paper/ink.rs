//! Sheets written down as PDF, tagged for screen readers (PDF/UA-1), with the same bytes each time.

use krilla::{
    Document, SerializeSettings,
    color::luma,
    configure::{Configuration, Validator},
    geom::{PathBuilder, Point, Rect, Transform},
    metadata::Metadata,
    page::PageSettings,
    paint::{Fill, Paint, Stroke, StrokeDash},
    surface::Surface,
    tagging::Identifier,
};

use super::{
    Size,
    code::Code,
    lines::Line,
    sheet::{Mark, Piece, Shade, Sheets},
    tags,
};
use crate::error::{Error, Result};

/// Writes sheets down.
pub(super) fn print(title: &str, language: &str, size: Size, sheets: &Sheets) -> Result<Vec<u8>> {
    let settings = SerializeSettings {
        configuration: Configuration::new_with_validator(Validator::UA1),
        ..SerializeSettings::default()
    };
    let mut document = Document::new_with(settings);
    let mut written: Vec<Vec<Identifier>> = vec![Vec::new(); sheets.roles.len()];
    for pieces in &sheets.sheets {
        let mut page = document.start_page_with(page(size));
        let mut surface = page.surface();
        for piece in pieces {
            let identifier = surface.start_tagged(tags::tag(&sheets.roles[piece.part]));
            draw(&mut surface, piece);
            surface.end_tagged();
            written[piece.part].push(identifier);
        }
        surface.finish();
        page.finish();
    }
    document.set_metadata(metadata(title, language));
    document.set_outline(tags::outline(sheets));
    document.set_tag_tree(tags::tree(&sheets.roles, &written));
    document.finish().map_err(|error| Error::failed(format_args!("cannot make the PDF `{title}`: {error:?}")))
}

fn page(size: Size) -> PageSettings {
    let (width, height) = size.points();
    PageSettings::from_wh(width, height).expect("paper has a size")
}

/// Without a date, and with a name of its own that stays the same.
fn metadata(title: &str, language: &str) -> Metadata {
    Metadata::new()
        .title(title.to_owned())
        .language(language.to_owned())
        .creator("jailbuild".to_owned())
        .document_id(title.to_owned())
}

fn draw(surface: &mut Surface<'_>, piece: &Piece) {
    surface.push_transform(&scaled(piece.scale, piece.at));
    for mark in &piece.marks {
        match mark {
            Mark::Text { x, y, size, shade, line } => {
                surface.set_stroke(None);
                surface.set_fill(Some(Fill { paint: paint(*shade), ..Fill::default() }));
                write(surface, (*x, *y), *size, line);
            }
            Mark::Rule { from, to, thickness, dashed } => {
                surface.set_fill(None);
                surface.set_stroke(Some(stroke(*thickness, *dashed)));
                rule(surface, *from, *to);
            }
            Mark::Code { x, y, side, code } => {
                surface.set_stroke(None);
                surface.set_fill(Some(Fill::default()));
                squares(surface, (*x, *y), *side, code);
            }
        }
    }
    surface.pop();
}

fn scaled(scale: f32, (x, y): (f32, f32)) -> Transform {
    Transform::from_row(scale, 0.0, 0.0, scale, x, y)
}

/// Dark enough to be read on a poor print, too.
fn paint(shade: Shade) -> Paint {
    match shade {
        Shade::Black => luma::Color::black().into(),
        Shade::Grey => luma::Color::new(90).into(),
    }
}

fn write(surface: &mut Surface<'_>, (mut x, y): (f32, f32), size: f32, line: &Line) {
    for run in &line.runs {
        surface.draw_glyphs(Point::from_xy(x, y), &run.glyphs, run.weight.font(), &run.text, size, false);
        x += run.width * size;
    }
}

fn stroke(thickness: f32, dashed: bool) -> Stroke {
    Stroke {
        paint: luma::Color::new(120).into(),
        width: thickness,
        dash: dashed.then(|| StrokeDash { array: vec![3.0, 3.0], offset: 0.0 }),
        ..Stroke::default()
    }
}

fn rule(surface: &mut Surface<'_>, from: (f32, f32), to: (f32, f32)) {
    let mut path = PathBuilder::new();
    path.move_to(from.0, from.1);
    path.line_to(to.0, to.1);
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

/// In units of squares: whole numbers are short in the file.
fn squares(surface: &mut Surface<'_>, at: (f32, f32), side: f32, code: &Code) {
    let mut path = PathBuilder::new();
    for (left, top, length) in &code.bars {
        if let Some(bar) = Rect::from_xywh(*left as f32, *top as f32, *length as f32, 1.0) {
            path.push_rect(bar);
        }
    }
    surface.push_transform(&scaled(side / code.side as f32, at));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
    surface.pop();
}
