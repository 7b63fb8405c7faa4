//! What a plugin shows beside its answer's JSON, and whether it may be passed on.

use souk_model::{ContentBlock, DocumentBlock, Image, ImageType};

use crate::guest::bindings::exports::souk::plugin::actions as wit;
use crate::text::printable;

/// Blocks of one answer.
const BLOCKS: usize = 32;
/// One picture. Bytes. It crosses to the client as text, a third larger.
const IMAGE_BYTES: usize = 1 << 20;
/// Characters of what a picture shows, or what a document is.
const DESCRIPTION_CHARS: usize = 500;

/// Bytes of pictures in these blocks.
pub(super) fn image_bytes(blocks: &[wit::ContentBlock]) -> usize {
    blocks
        .iter()
        .map(|block| match block {
            wit::ContentBlock::Image(image) => image.data.len(),
            wit::ContentBlock::Document(_) => 0,
        })
        .sum()
}

/// Checks blocks of a call that kept documents of these URIs.
///
/// # Errors
/// The first that is not as the contract wants it, for people.
pub(super) fn check(
    blocks: Vec<wit::ContentBlock>,
    documents: &[String],
) -> Result<Vec<ContentBlock>, String> {
    if blocks.len() > BLOCKS {
        return Err(format!("it has {} content blocks, more than {BLOCKS}", blocks.len()));
    }
    blocks
        .into_iter()
        .map(|block| match block {
            wit::ContentBlock::Image(image) => self::image(image).map(ContentBlock::Image),
            wit::ContentBlock::Document(block) => {
                if !documents.contains(&block.uri) {
                    return Err(format!(
                        "it links `{}`, which is no document that this call kept",
                        printable(&block.uri, 100)
                    ));
                }
                let description = block.description.map(|text| printable(&text, DESCRIPTION_CHARS));
                Ok(ContentBlock::Document(DocumentBlock { uri: block.uri, description }))
            }
        })
        .collect()
}

/// A picture is what its first bytes say, and a plugin has to know that too.
fn image(image: wit::Image) -> Result<Image, String> {
    let said = printable(&image.media_type, 60);
    let kinds = ImageType::ALL.map(|kind| format!("`{}`", kind.as_str())).join(", ");
    let media_type = ImageType::ALL
        .into_iter()
        .find(|kind| kind.as_str() == image.media_type)
        .ok_or_else(|| format!("a picture of the media type `{said}`, which is none of {kinds}"))?;
    if image.data.len() > IMAGE_BYTES {
        return Err(format!("a picture has {} bytes, more than {IMAGE_BYTES}", image.data.len()));
    }
    if ImageType::of(&image.data) != Some(media_type) {
        return Err(format!("a picture does not begin as `{said}` does"));
    }
    Ok(Image {
        media_type,
        data: image.data,
        description: printable(&image.description, DESCRIPTION_CHARS),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIF: &[u8] = b"GIF89a\x01\0\x01\0";

    fn picture(media_type: &str, data: &[u8]) -> Vec<wit::ContentBlock> {
        vec![wit::ContentBlock::Image(wit::Image {
            media_type: media_type.into(),
            data: data.into(),
            description: "a \u{202e}dot".into(),
        })]
    }

    fn link(uri: &str) -> Vec<wit::ContentBlock> {
        vec![wit::ContentBlock::Document(wit::DocumentBlock { uri: uri.into(), description: None })]
    }

    #[test]
    fn a_picture_is_what_it_says_it_is() {
        let checked = check(picture("image/gif", GIF), &[]).unwrap();
        let [ContentBlock::Image(image)] = &checked[..] else { panic!("{checked:?}") };
        assert_eq!(
            (image.media_type, image.description.as_str()),
            (ImageType::Gif, "a \\u{202e}dot")
        );
        for (media_type, data, why) in [
            ("image/png", GIF, "does not begin as"),
            ("image/gif", b"<html>", "does not begin as"),
            ("image/gif", b"", "does not begin as"),
            ("image/svg+xml", b"<svg/>", "none of `image/png`"),
            ("text/html", b"<html>", "none of"),
        ] {
            let refused = check(picture(media_type, data), &[]).unwrap_err();
            assert!(refused.contains(why), "{media_type}: {refused}");
        }
        let huge = [GIF, &vec![0; IMAGE_BYTES]].concat();
        assert!(check(picture("image/gif", &huge), &[]).unwrap_err().contains("more than"));
        let many = vec![picture("image/gif", GIF).remove(0); BLOCKS + 1];
        assert!(check(many, &[]).unwrap_err().contains("content blocks"));
    }

    #[test]
    fn only_documents_of_the_call_are_linked() {
        let kept = ["souk://exports/a".to_owned()];
        assert_eq!(check(link("souk://exports/a"), &kept).unwrap().len(), 1);
        for foreign in ["souk://exports/b", "https://example.com/", ""] {
            assert!(check(link(foreign), &kept).unwrap_err().contains("no document"), "{foreign}");
        }
    }
}
