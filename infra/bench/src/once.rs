//! `muster-bench once`: one piece of work on a fixed input, for a tool that counts its instructions.

use bench::files::Kind;
use bench::work::{Prepared, check, checked, decided, dispatch};
use clap::{Args, ValueEnum};

/// Bytes of the file that is checked, and of the one that is cut into messages.
const FILE: usize = 256 * 1024;

/// Does a piece of work once.
#[derive(Debug, Args)]
pub(crate) struct Once {
    work: Work,
}

/// A piece of work.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Work {
    CheckEmails,
    CheckInternationalPhones,
    CheckNationalPhones,
    CheckAllColumns,
    Dispatch,
    Decide,
}

impl Once {
    /// Does it, and says how much there was of it.
    pub(crate) fn run(&self) -> Result<String, String> {
        let of_check = |kind: Kind| {
            let rows = check(kind.file(FILE).0.as_bytes(), kind.region())?;
            Ok(format!("{rows} rows\n"))
        };
        match self.work {
            Work::CheckEmails => of_check(Kind::Emails),
            Work::CheckInternationalPhones => of_check(Kind::InternationalPhones),
            Work::CheckNationalPhones => of_check(Kind::NationalPhones),
            Work::CheckAllColumns => of_check(Kind::AllColumns),
            Work::Dispatch => {
                let (text, _) = Kind::Emails.file(FILE);
                let checked = checked(&text, None).ok_or("the file is not sound")?;
                Ok(format!("{} bytes of messages\n", dispatch(&checked, text.as_bytes())))
            }
            Work::Decide => {
                let kind = Kind::InternationalPhones;
                let prepared = Prepared::new(&kind.file(FILE).0, kind.region()).ok_or("the file is not sound")?;
                Ok(format!("{} rows\n", decided(&prepared, kind.region())))
            }
        }
    }
}
