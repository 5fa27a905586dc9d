//! The console: the pages on which people import files, follow imports and look at customers.
//!
//! It has no rules of its own. Whatever a page shows or does, it asks of the functions of the API, in this process and with the
//! requests that any client would send (`api`); a person's session takes the place of the key (`session`).
//!
//! ```text
//! routes   which page is meant   session  sign-in; member, cookies, tries: what it stands on
//! api      asks the API          page     the frame of a page; answers: headers and redirects
//! texts    every text, twice     language which one a reader gets
//! columns, kinds, fields: the API's columns, codes and settings in a reader's words
//! german   the API's messages in German       wording  a message as a page shows it
//! assets   style and scripts, embedded
//! pages/   one file a screen     show     numbers, times and sizes as a reader writes them
//! ```

mod answers;
mod api;
mod asked;
mod assets;
mod columns;
mod console;
mod cookies;
mod fields;
mod form;
mod german;
mod kinds;
mod language;
mod member;
mod page;
mod pages;
mod refusal;
mod root;
mod routes;
mod session;
mod show;
mod texts;
mod tries;
mod visit;
mod wording;

pub use console::Console;
pub use language::Language;
pub use root::ROOT;
pub use session::{LINK_VALID, link_path};
