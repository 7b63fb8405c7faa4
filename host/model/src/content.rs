//! What stands beside a result's JSON.

use crate::ResourceContents;

/// What kind of picture it is; told by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageType {
    /// `image/png`
    Png,
    /// `image/jpeg`
    Jpeg,
    /// `image/webp`
    Webp,
    /// `image/gif`
    Gif,
}

impl ImageType {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Png, Self::Jpeg, Self::Webp, Self::Gif];

    /// The media type: `image/png`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    /// What these bytes begin as, if it is one of the kinds.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            _ => None,
        }
    }
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// What kind it is.
    pub media_type: ImageType,
    /// Its bytes, which begin as that kind does.
    pub data: Vec<u8>,
    /// What it shows, for those who cannot see it.
    pub description: String,
}

/// What kind of recording it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudioType {
    /// `audio/wav`
    Wav,
    /// `audio/mpeg`
    Mpeg,
    /// `audio/ogg`
    Ogg,
}

impl AudioType {
    /// The media type: `audio/wav`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wav => "audio/wav",
            Self::Mpeg => "audio/mpeg",
            Self::Ogg => "audio/ogg",
        }
    }
}

/// A recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audio {
    /// What kind it is.
    pub media_type: AudioType,
    /// Its bytes.
    pub data: Vec<u8>,
    /// What is heard, for those who cannot hear it.
    pub description: String,
}

/// A link to a document that the same call kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentBlock {
    /// The document's URI.
    pub uri: String,
    /// What it is, for people.
    pub description: Option<String>,
}

/// One thing that is shown beside a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContentBlock {
    /// A picture.
    Image(Image),
    /// A link to a document.
    Document(DocumentBlock),
    /// A text.
    Text(String),
    /// A recording.
    Audio(Audio),
    /// A resource, whole.
    Resource(ResourceContents),
}
