//! How policy values are declared: one line gives the field, its kernel function and its meaning; each value carries
//! what it does and the commit that brought it. Lists, the command line and the page read this and nothing else.

/// One row of the policy table, for one kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyRow {
    /// Group of rows, such as `page allocator`.
    pub group: &'static str,
    /// Name of the policy value.
    pub name: &'static str,
    /// Kernel file and function that decides by it.
    pub function: &'static str,
    /// What is decided.
    pub decides: &'static str,
    /// Name of this kernel's value.
    pub value: &'static str,
    /// What the kernel does with this value.
    pub meaning: &'static str,
    /// Commit that brought the value (12 digits), or its title where the id was not seen in a primary source; empty for
    /// what the oldest version of the model found already. A value to which a later version returned has a source.
    pub source: &'static str,
}

/// Declares the values of one policy field: doc comment (what the kernel does), name, source.
macro_rules! choices {
    ($(#[doc = $about:literal])* $name:ident { $($(#[doc = $meaning:literal])+ $variant:ident = $source:literal,)+ }) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $meaning])+ $variant),+ }

        impl $name {
            /// Name, meaning and source.
            const fn described(self) -> &'static [&'static str; 3] {
                match self {
                    $(Self::$variant => const {
                        &[stringify!($variant), concat!($($meaning),+).trim_ascii(), $source]
                    }),+
                }
            }
        }
    };
}

/// Declares the fields of [`KernelPolicy`](super::KernelPolicy), group by group.
macro_rules! policy {
    ($($group:literal { $($(#[doc = $decides:literal])+ $field:ident: $kind:ty = $function:literal,)+ })+) => {
        /// What one kernel does, where kernels differ.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct KernelPolicy { $($($(#[doc = $decides])+ pub $field: $kind,)+)+ }

        impl KernelPolicy {
            /// All values with their kernel functions, meanings and sources, in the order of the groups.
            #[must_use]
            pub fn rows(&self) -> Vec<PolicyRow> {
                // Tables and not code: smaller in the browser.
                const HEADS: &[[&str; 4]] = &[$($(
                    [$group, stringify!($field), $function, concat!($($decides),+).trim_ascii()]
                ),+),+];
                let values = [$($(self.$field.described()),+),+];
                let mut rows = Vec::with_capacity(values.len());
                for ([group, name, function, decides], [value, meaning, source]) in HEADS.iter().zip(values) {
                    rows.push(PolicyRow { group, name, function, decides, value, meaning, source });
                }
                rows
            }
        }
    };
}

pub(super) use {choices, policy};
