//! What is strange about a file as a whole, each kind named once.

use serde::{Deserialize, Serialize};

use crate::codes::NoticeCode;
use crate::problems::Notice;
use crate::wording::quoted;

/// The notices so far, in the order in which each kind was seen first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Notices(Vec<Notice>);

impl Notices {
    /// Counts something strange; its first place is kept.
    pub(super) fn add(&mut self, code: NoticeCode, row: u64, line: u64, header: &str, message: &str) {
        if let Some(notice) = self.0.iter_mut().find(|notice| notice.code == code) {
            notice.count += 1;
            return;
        }
        let (column, message) = (quoted(header).into_owned(), message.to_owned());
        self.0.push(Notice { code, row, line, column, count: 1, message });
    }
}

impl IntoIterator for Notices {
    type Item = Notice;
    type IntoIter = std::vec::IntoIter<Notice>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
