//! The kinds of personal data, each with the mask that stands in its place.

/// What is personal about a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PersonalDataKind {
    Email,
    Phone,
    Name,
    Address,
    Company,
    Vat,
    Birth,
    Ip,
}

impl PersonalDataKind {
    pub(super) const ALL: [Self; 8] = [
        Self::Email,
        Self::Phone,
        Self::Name,
        Self::Address,
        Self::Company,
        Self::Vat,
        Self::Birth,
        Self::Ip,
    ];

    /// What stands in its place.
    pub(super) const fn mask(self) -> &'static str {
        match self {
            Self::Email => "[masked:email]",
            Self::Phone => "[masked:phone]",
            Self::Name => "[masked:name]",
            Self::Address => "[masked:address]",
            Self::Company => "[masked:company]",
            Self::Vat => "[masked:vat]",
            Self::Birth => "[masked:birth]",
            Self::Ip => "[masked:ip]",
        }
    }
}
