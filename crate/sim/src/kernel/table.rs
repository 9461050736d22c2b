//! How policy values are declared: one line gives the field, its kernel function and its meaning; each value carries
//! what it does and the commit that brought it. Lists, the command line and the page read this and nothing else,
//! and a what-if sets a value through it.

use super::KernelPolicy;

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

impl PolicyRow {
    /// The row of a behaviour that has this value.
    pub(super) const fn new(behaviour: &Behaviour, value: &BehaviourValue) -> Self {
        let Behaviour { group, name, function, decides, .. } = *behaviour;
        let BehaviourValue { name: value, meaning, source } = *value;
        Self { group, name, function, decides, value, meaning, source }
    }
}

/// One policy value and all that it can be, whatever the version: what a what-if chooses from.
#[derive(Clone, Copy, Debug)]
pub struct Behaviour {
    /// Group of behaviours, such as `page allocator`.
    pub group: &'static str,
    /// Name of the policy value.
    pub name: &'static str,
    /// Kernel file and function that decides by it.
    pub function: &'static str,
    /// What is decided.
    pub decides: &'static str,
    /// What it can be.
    pub values: &'static [BehaviourValue],
    /// Gives a policy the value at this place of the list.
    pub(super) set: fn(&mut KernelPolicy, usize),
}

/// One value of a [`Behaviour`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BehaviourValue {
    /// Its name.
    pub name: &'static str,
    /// What the kernel does with it.
    pub meaning: &'static str,
    /// As in [`PolicyRow`].
    pub source: &'static str,
}

/// Declares the values of one policy field: doc comment (what the kernel does), name, source.
macro_rules! choices {
    ($(#[doc = $about:literal])* $name:ident { $($(#[doc = $meaning:literal])+ $variant:ident = $source:literal,)+ }) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $meaning])+ $variant),+ }

        impl $name {
            /// All of them, in the order of their declaration.
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// All of them with meaning and source.
            const VALUES: &'static [BehaviourValue] = &[$(*Self::$variant.described()),+];

            /// Name, meaning and source.
            const fn described(self) -> &'static BehaviourValue {
                match self {
                    $(Self::$variant => const {
                        &BehaviourValue {
                            name: stringify!($variant),
                            meaning: concat!($($meaning),+).trim_ascii(),
                            source: $source,
                        }
                    }),+
                }
            }
        }
    };
}

/// Declares the fields of [`KernelPolicy`], group by group.
macro_rules! policy {
    ($($group:literal { $($(#[doc = $decides:literal])+ $field:ident: $kind:ty = $function:literal,)+ })+) => {
        /// What one kernel does, where kernels differ.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct KernelPolicy { $($($(#[doc = $decides])+ pub $field: $kind,)+)+ }

        /// All policy values, in the order of the groups.
        pub static BEHAVIOURS: &[Behaviour] = &[$($(
            Behaviour {
                group: $group,
                name: stringify!($field),
                function: $function,
                decides: concat!($($decides),+).trim_ascii(),
                values: <$kind>::VALUES,
                set: |policy, at| {
                    if let Some(value) = <$kind>::ALL.get(at) {
                        policy.$field = *value;
                    }
                },
            }
        ),+),+];

        impl KernelPolicy {
            /// All values with their kernel functions, meanings and sources, in the order of the groups.
            #[must_use]
            pub fn rows(&self) -> Vec<PolicyRow> {
                let values = [$($(self.$field.described()),+),+];
                BEHAVIOURS.iter().zip(values).map(|(behaviour, value)| PolicyRow::new(behaviour, value)).collect()
            }
        }
    };
}

pub(super) use {choices, policy};
