//! Settings under a name: what is imported again and again is set once.
//!
//! ```text
//! name         a name, checked once             definition  the name, its settings and the header they are made for
//! completion   the body of a request, with what its definition adds
//! ```

mod completion;
mod definition;
mod name;

pub use completion::SentRequest;
pub use definition::{Definition, MAX_DEFINITION, NewDefinition, settings_of};
pub use name::{BadDefinitionName, DefinitionName};
